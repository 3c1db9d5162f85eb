// The cleaning rules, tick by tick: which quotes the model may see.
//
// A tick is judged by itself and by at most LOOKBACK distinct ticks before it. Its code is the first rule that it
// breaks, KEPT where it breaks none. Constants are in model.mqh.
#ifndef TICKLAKE_RULES
#define TICKLAKE_RULES
#include "model.mqh"

struct Ring
  {
   double            values[LOOKBACK];
  };

struct SeenTick
  {
   double            bid;
   double            ask;
   double            bid_size;
   double            ask_size;
  };

// What a day's ticks so far left behind.
struct RuleState
  {
   long              distinct;     // well-formed ticks that were no duplicates
   long              last_us;      // time of the last of them
   int               in_time;      // how many of them have that time
   int               unchanged;    // how many in a row repeated the one before
   double            bid;          // the last one's values
   double            ask;
   double            bid_size;
   double            ask_size;
   Ring              totals;       // bid + ask of the last ones
   Ring              spreads;      // ask - bid of the last ones
  };

SeenTick SeenTicks[];              // the distinct ticks of the last time

void ResetRules(RuleState &state)
  {
   state.distinct = 0;
   state.last_us = 0;
   state.in_time = 0;
   state.unchanged = 0;
   state.bid = 0.0;
   state.ask = 0.0;
   state.bid_size = 0.0;
   state.ask_size = 0.0;
   for(int i = 0; i < LOOKBACK; i++)
     {
      state.totals.values[i] = 0.0;
      state.spreads.values[i] = 0.0;
     }
   ArrayResize(SeenTicks, 0, 64);
  }

// The rules that a tick breaks by itself.
int JudgeAlone(long start_us, long end_us, long ts_us, double bid, double ask, double bid_size, double ask_size,
               int missing)
  {
   if((missing & (NO_TIME | NO_BID | NO_ASK)) != 0)
      return MISSING_FIELD;
   bool has_bid_size = (missing & NO_BID_SIZE) == 0;
   bool has_ask_size = (missing & NO_ASK_SIZE) == 0;
   if(!MathIsValidNumber(bid) || !MathIsValidNumber(ask))
      return NON_FINITE;
   if((has_bid_size && !MathIsValidNumber(bid_size)) || (has_ask_size && !MathIsValidNumber(ask_size)))
      return NON_FINITE;
   if(ts_us < start_us || ts_us >= end_us)
      return WRONG_DAY;
   if(bid <= 0.0 || ask <= 0.0 || (has_bid_size && bid_size < 0.0) || (has_ask_size && ask_size < 0.0))
      return NON_POSITIVE;
   if(bid > ask)
      return CROSSED;
   return KEPT;
  }

// The first `count` values of a ring, ascending.
Ring Ordered(const Ring &ring, int count)
  {
   Ring sorted = ring;
   for(int i = 1; i < count; i++)
     {
      double value = sorted.values[i];
      int at = i;
      while(at > 0 && sorted.values[at - 1] > value)
        {
         sorted.values[at] = sorted.values[at - 1];
         at--;
        }
      sorted.values[at] = value;
     }
   return sorted;
  }

// Whether bid + ask is far from the level before and from the tick before, or a leap away from the level.
bool IsSpike(const RuleState &state, double total)
  {
   int count = state.distinct < LOOKBACK ? (int)state.distinct : LOOKBACK;
   if(count < LEAST_PRECEDING)
      return false;
   Ring totals = Ordered(state.totals, count);
   Ring sorted_spreads = Ordered(state.spreads, count);
   int middle = (count - 1) / 2;
   double median = totals.values[middle];
   double away = MathAbs(total - median);
   double share = SPIKE_SHARE * median;
   if(away <= share)
      return false;
   if(away > LEAP_SHARE * median)
      return true;
   double spreads = SPIKE_SPREADS * sorted_spreads.values[middle];
   double ranges = SPIKE_RANGES * (totals.values[count - 3] - totals.values[2]);
   if(!(away > share && away > spreads && away > ranges))
      return false;
   int before = (int)((state.distinct - 1) % LOOKBACK);
   double step = MathAbs(total - state.totals.values[before]);
   return step > share && step > spreads && step > ranges;
  }

// The code of the day's next tick. A missing size is told by `missing` (bits NO_...), whatever stands in its place.
int JudgeTick(RuleState &state, long start_us, long end_us, long ts_us, double bid, double ask, double bid_size,
              double ask_size, int missing)
  {
   int broken = JudgeAlone(start_us, end_us, ts_us, bid, ask, bid_size, ask_size, missing);
   if(broken != KEPT)
      return broken;
   if(state.distinct > 0 && ts_us < state.last_us)
      return LATE;
   if(state.distinct == 0 || ts_us > state.last_us)
     {
      state.last_us = ts_us;
      state.in_time = 0;
     }
   if((missing & NO_BID_SIZE) != 0)
      bid_size = NOT_DELIVERED;
   if((missing & NO_ASK_SIZE) != 0)
      ask_size = NOT_DELIVERED;
   for(int i = 0; i < state.in_time; i++)
      if(SeenTicks[i].bid == bid && SeenTicks[i].ask == ask && SeenTicks[i].bid_size == bid_size
         && SeenTicks[i].ask_size == ask_size)
         return DUPLICATE;
   ArrayResize(SeenTicks, state.in_time + 1, 64);
   SeenTicks[state.in_time].bid = bid;
   SeenTicks[state.in_time].ask = ask;
   SeenTicks[state.in_time].bid_size = bid_size;
   SeenTicks[state.in_time].ask_size = ask_size;
   state.in_time++;

   bool is_same = bid == state.bid && ask == state.ask && bid_size == state.bid_size && ask_size == state.ask_size;
   state.unchanged = state.distinct > 0 && is_same ? state.unchanged + 1 : 0;
   if(IsSpike(state, bid + ask))
      broken = SPIKE;
   else
      if(state.unchanged >= LOOKBACK && (missing & (NO_BID_SIZE | NO_ASK_SIZE)) == 0)
         broken = STALE_RUN;
   int place = (int)(state.distinct % LOOKBACK);
   state.totals.values[place] = bid + ask;
   state.spreads.values[place] = ask - bid;
   state.bid = bid;
   state.ask = ask;
   state.bid_size = bid_size;
   state.ask_size = ask_size;
   state.distinct++;
   return broken;
  }
#endif
