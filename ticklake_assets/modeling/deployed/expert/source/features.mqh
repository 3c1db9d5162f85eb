// From clean quotes to sampled events with features: what the model sees.
//
// Only + - * / and square roots, in one order, so that every machine gets the same bits. Averages are kept per tau,
// with decay tau / (tau + dt), dt in whole milliseconds. Constants are in model.mqh.
#ifndef TICKLAKE_FEATURES
#define TICKLAKE_FEATURES
#include "model.mqh"

#define TAU_30S 1
#define TAU_1M  2
#define TAU_5M  3
#define TAU_30M 4

// What a day's clean quotes so far left behind. Prices in price units, times in epoch microseconds UTC.
struct FeatureState
  {
   long              ticks;
   long              first_us;
   long              last_us;
   double            mid;
   double            spread;
   double            open;
   double            high;
   double            low;
   long              sample_us;             // volatility is measured from sample to sample
   double            sample_mid;
   double            rise_from;             // lowest mid since the last event
   double            fall_from;             // highest mid since the last event
   long              event_us;
   double            event_mid;
   double            gap;                   // milliseconds since the quote before
   double            long_gap;              // longest of them, fading
   double            held_mid[TAUS];        // averages by the time that a value stood
   double            held_spread[TAUS];
   double            count[TAUS];           // decayed sums over quotes
   double            imbalance[TAUS];
   double            direction[TAUS];
   double            size[TAUS];
   double            squares[TAUS];         // of the sampled changes of mid, and their milliseconds
   double            squares_ms[TAUS];
  };

// A sampled event: its quote, the scales that orders are made from, and what the model is shown.
struct MarketEvent
  {
   long              ts_us;
   double            bid;
   double            ask;
   double            mid;
   double            sigma_1m;              // standard deviation of a one-minute change, price units
   double            ew_spread;             // spread, tau 1 min, price units
   double            features[FEATURES];
  };

double Larger(double a, double b)
  {
   return b > a ? b : a;
  }

double Smaller(double a, double b)
  {
   return b < a ? b : a;
  }

double Ratio(double a, double b)
  {
   return b > 0.0 ? a / b : 0.0;
  }

// Whole milliseconds between two times; never negative.
double Milliseconds(long from_us, long to_us)
  {
   long between = to_us / 1000 - from_us / 1000;
   return between > 0 ? (double)between : 0.0;
  }

void ResetFeatures(FeatureState &state)
  {
   state.ticks = 0;
   state.first_us = 0;
   state.last_us = 0;
   state.mid = 0.0;
   state.spread = 0.0;
   state.open = 0.0;
   state.high = 0.0;
   state.low = 0.0;
   state.sample_us = 0;
   state.sample_mid = 0.0;
   state.rise_from = 0.0;
   state.fall_from = 0.0;
   state.event_us = 0;
   state.event_mid = 0.0;
   state.gap = 0.0;
   state.long_gap = 0.0;
   for(int h = 0; h < TAUS; h++)
     {
      state.held_mid[h] = 0.0;
      state.held_spread[h] = 0.0;
      state.count[h] = 0.0;
      state.imbalance[h] = 0.0;
      state.direction[h] = 0.0;
      state.size[h] = 0.0;
      state.squares[h] = 0.0;
      state.squares_ms[h] = 0.0;
     }
  }

// Move the averages on to this quote: held values up to it, quote values including it.
void UpdateAverages(FeatureState &state, long ts_us, double bid, double ask, double imbalance, double total)
  {
   double mid = (bid + ask) * 0.5;
   if(state.ticks == 0)
     {
      state.first_us = ts_us;
      state.last_us = ts_us;
      state.sample_us = ts_us;
      state.mid = mid;
      state.open = mid;
      state.high = mid;
      state.low = mid;
      state.sample_mid = mid;
      state.rise_from = mid;
      state.fall_from = mid;
     }
   double dt = Milliseconds(state.last_us, ts_us);
   double age = Milliseconds(state.first_us, state.last_us);
   double direction = mid > state.mid ? 1.0 : (mid < state.mid ? -1.0 : 0.0);
   double since_sample = Milliseconds(state.sample_us, ts_us);
   for(int h = 0; h < TAUS; h++)
     {
      double tau = TAU_MS[h];
      double decay = tau / (tau + dt);
      if(dt > 0.0)
        {
         double weight = dt / (Smaller(tau, age) + dt);
         state.held_mid[h] += weight * (state.mid - state.held_mid[h]);
         state.held_spread[h] += weight * (state.spread - state.held_spread[h]);
        }
      state.count[h] = state.count[h] * decay + 1.0;
      state.imbalance[h] = state.imbalance[h] * decay + imbalance;
      state.direction[h] = state.direction[h] * decay + direction;
      state.size[h] = state.size[h] * decay + total;
      if(since_sample >= SAMPLE_MS)
        {
         double step = mid - state.sample_mid;
         decay = tau / (tau + since_sample);
         state.squares[h] = state.squares[h] * decay + step * step;
         state.squares_ms[h] = state.squares_ms[h] * decay + since_sample;
        }
     }
   if(since_sample >= SAMPLE_MS)
     {
      state.sample_us = ts_us;
      state.sample_mid = mid;
     }
   state.gap = dt;
   state.long_gap = Larger(dt, state.long_gap * (TAU_MS[TAU_30M] / (TAU_MS[TAU_30M] + dt)));
   state.mid = mid;
   state.spread = ask - bid;
   state.last_us = ts_us;
   state.high = Larger(state.high, mid);
   state.low = Smaller(state.low, mid);
   state.ticks++;
  }

// Standard deviation of a one-minute change from the changes sampled over a tau.
double Sigma(const FeatureState &state, int tau)
  {
   return MathSqrt(Ratio(state.squares[tau], state.squares_ms[tau]) * MINUTE_MS);
  }

// Side of the CUSUM filter (1 up, -1 down, 0 no event); `excess` is the move beyond its threshold.
double CrossedSide(FeatureState &state, double sigma, bool is_first, double &excess)
  {
   double mid = state.mid;
   excess = 0.0;
   if(Milliseconds(state.first_us, state.last_us) < WARM_UP_MS)
     {
      state.rise_from = mid;
      state.fall_from = mid;
      return 0.0;
     }
   state.rise_from = Smaller(state.rise_from, mid);
   state.fall_from = Larger(state.fall_from, mid);
   double rise = mid - state.rise_from;
   double fall = state.fall_from - mid;
   double threshold = Larger(SIGMA_THRESHOLD * sigma, SPREAD_THRESHOLD * state.held_spread[TAU_1M]);
   double move = Larger(rise, fall);
   if(move < threshold || move <= 0.0 || !is_first)
      return 0.0;
   state.rise_from = mid;
   state.fall_from = mid;
   excess = move - threshold;
   return rise >= fall ? 1.0 : -1.0;
  }

// 1 at an hour of the day, falling to 0 three hours away.
double NearHour(double hour, double centre)
  {
   double apart = MathAbs(hour - centre);
   return Larger(0.0, 1.0 - Smaller(apart, 24.0 - apart) / 3.0);
  }

// Take a clean quote in; true where it made an event, which is then written to `found`. Missing sizes are 0.
bool AdvanceFeatures(FeatureState &state, long day_start_us, long ts_us, double bid, double ask, double bid_size,
                     double ask_size, MarketEvent &found)
  {
   double total = bid_size + ask_size;
   double imbalance = total > 0.0 ? (bid_size - ask_size) / total : 0.0;
   total = Smaller(total, LARGEST_SIZE);
   bool is_first = ts_us > state.last_us;
   UpdateAverages(state, ts_us, bid, ask, imbalance, total);
   double sigma = Sigma(state, TAU_30M);
   double excess = 0.0;
   double side = CrossedSide(state, sigma, is_first, excess);
   if(side == 0.0)
      return false;

   found.ts_us = ts_us;
   found.bid = bid;
   found.ask = ask;
   found.mid = state.mid;
   found.sigma_1m = sigma;
   found.ew_spread = state.held_spread[TAU_1M];
   double unit = Larger(sigma, LEAST_SIGMA * state.mid);
   int at = 0;
   for(int tau = 0; tau < TAUS; tau++)
     {
      // momentum_*, imbalance_*
      found.features[at++] = (state.mid - state.held_mid[tau]) / (unit * MathSqrt(TAU_MS[tau] / MINUTE_MS));
      found.features[at++] = state.imbalance[tau] / state.count[tau];
     }
   double day_unit = unit * MathSqrt(Milliseconds(state.first_us, state.last_us) / MINUTE_MS);
   double wide = state.high - state.low;
   // return_since_event, return_of_day, event_side, event_excess
   found.features[at++] = state.event_us > 0 ? (state.mid - state.event_mid) / unit : 0.0;
   found.features[at++] = (state.mid - state.open) / day_unit;
   found.features[at++] = side;
   found.features[at++] = excess / unit;
   // sigma_bp, sigma_ratio_1m, sigma_ratio_5m
   found.features[at++] = 10000.0 * unit / state.mid;
   found.features[at++] = Ratio(Sigma(state, TAU_1M), Sigma(state, TAU_30M));
   found.features[at++] = Ratio(Sigma(state, TAU_5M), Sigma(state, TAU_30M));
   // range_of_day, place_in_range
   found.features[at++] = wide / day_unit;
   found.features[at++] = Ratio(state.mid - state.low, wide);
   // spread_sigma, spread_ratio_1m, spread_ratio_30m
   found.features[at++] = state.spread / unit;
   found.features[at++] = Ratio(state.spread, state.held_spread[TAU_1M]);
   found.features[at++] = Ratio(state.held_spread[TAU_1M], state.held_spread[TAU_30M]);
   // imbalance, microprice_gap, size_share
   double slow = state.count[TAU_30M] / TAU_MS[TAU_30M];
   long since = state.event_us > 0 ? state.event_us : state.first_us;
   found.features[at++] = imbalance;
   found.features[at++] = 0.5 * imbalance * state.spread / unit;
   found.features[at++] = Ratio(total, total + state.size[TAU_5M] / state.count[TAU_5M]);
   // direction_30s, direction_5m
   found.features[at++] = state.direction[TAU_30S] / state.count[TAU_30S];
   found.features[at++] = state.direction[TAU_5M] / state.count[TAU_5M];
   // tick_rate, tick_rate_ratio_30s, gap, longest_gap, since_event
   found.features[at++] = slow * MINUTE_MS;
   found.features[at++] = state.count[TAU_30S] / TAU_MS[TAU_30S] / slow;
   found.features[at++] = state.gap / 1000.0;
   found.features[at++] = state.long_gap / 1000.0;
   found.features[at++] = Milliseconds(since, state.last_us) / MINUTE_MS;
   // day_fraction, near_*, weekday (0 Monday; the epoch was a Thursday)
   double hour = (double)((ts_us - day_start_us) / 1000) / 3600000.0;
   found.features[at++] = hour / 24.0;
   found.features[at++] = NearHour(hour, 0.0);
   found.features[at++] = NearHour(hour, 6.0);
   found.features[at++] = NearHour(hour, 12.0);
   found.features[at++] = NearHour(hour, 16.0);
   found.features[at++] = NearHour(hour, 20.0);
   found.features[at++] = (double)((day_start_us / DAY_US + 3) % 7);
   state.event_us = ts_us;
   state.event_mid = state.mid;
   return true;
  }
#endif
