// The order table: which order answers an event, and what becomes of it, quote by quote.
//
// An order has an absolute stop and target, anchored at the event's ask (long) or bid (short). Its exit side is the
// bid for a long order, the ask for a short one.
#ifndef TICKLAKE_ORDERS
#define TICKLAKE_ORDERS
#include "features.mqh"

struct Order
  {
   int               side;                  // LONG_SIDE or SHORT_SIDE
   long              earliest_entry_us;
   double            stop;
   double            target;
   long              horizon_end_us;
  };

// Where an order stands in its life.
#define WAITING -2
#define OPENED  -1

struct OrderLife
  {
   int               stands;                // WAITING, OPENED, or how it ended: NO_ENTRY, BY_TARGET, ...
   long              entry_us;
   double            entry;
   long              exit_us;
   double            exit;
  };

// To the nearest whole number, halves to the even one.
double RoundHalfEven(double value)
  {
   double below = MathFloor(value);
   double share = value - below;
   if(share > 0.5 || (share == 0.5 && MathFloor(below / 2.0) * 2.0 != below))
      return below + 1.0;
   return below;
  }

// From an event's quote to its order's arrival, microseconds: drawn by symbol and event time alone.
long LatencyUs(long ts_us)
  {
   ulong first = ((ulong)0xBF58476D << 32) | (ulong)0x1CE4E5B9;
   ulong second = ((ulong)0x94D049BB << 32) | (ulong)0x133111EB;
   ulong mixed = (ulong)ts_us + ((ulong)SYMBOL_CRC32 << 32);
   mixed = (mixed ^ (mixed >> 30)) * first;
   mixed = (mixed ^ (mixed >> 27)) * second;
   mixed = mixed ^ (mixed >> 31);
   return 1000 * LATENCY_MS[(int)(mixed % (ulong)LATENCIES)];
  }

// Longest holding time, microseconds.
long HorizonUs(double sigma_1m, double ew_spread)
  {
   return ew_spread < CHEAP_SPREAD_SIGMAS * sigma_1m ? SHORT_HORIZON_US : LONG_HORIZON_US;
  }

// Distance of stop and target from the anchor, price units, on the grid of price steps.
double BarrierWidth(double sigma_1m, double ew_spread, long horizon_us)
  {
   if(!MathIsValidNumber(sigma_1m + ew_spread))
      return sigma_1m + ew_spread;
   double move = WIDTH_SIGMAS * sigma_1m * MathSqrt((double)horizon_us / (double)MINUTE_US);
   double width = Larger(move, WIDTH_SPREADS * ew_spread);
   double points = MathCeil(width * DECIMAL_FACTOR - FLOAT_NOISE_POINTS);
   points = Larger(points, LEAST_POINTS);
   return MathCeil(points / TICK_POINTS) * TICK_POINTS / DECIMAL_FACTOR;
  }

Order OrderAt(int side, long ts_us, double bid, double ask, double width, long horizon_us)
  {
   Order order;
   double anchor = RoundHalfEven((side == LONG_SIDE ? ask : bid) * DECIMAL_FACTOR);
   double distance = side * RoundHalfEven(width * DECIMAL_FACTOR);
   order.side = side;
   order.earliest_entry_us = ts_us + LatencyUs(ts_us);
   order.stop = (anchor - distance) / DECIMAL_FACTOR;
   order.target = (anchor + distance) / DECIMAL_FACTOR;
   order.horizon_end_us = ts_us + horizon_us;
   return order;
  }

void StartLife(OrderLife &life)
  {
   life.stands = WAITING;
   life.entry_us = 0;
   life.entry = 0.0;
   life.exit_us = 0;
   life.exit = 0.0;
  }

void EndLife(OrderLife &life, int how, long ts_us, double price)
  {
   life.stands = how;
   life.exit_us = ts_us;
   life.exit = price;
  }

// Show an order the next clean quote, from its event's own on. An order that has ended stays as it is.
void StepOrder(const Order &order, OrderLife &life, long ts_us, double bid, double ask, long day_end_us)
  {
   if(life.stands >= 0)
      return;
   long end_us = order.horizon_end_us < day_end_us ? order.horizon_end_us : day_end_us;
   double leaving = order.side == LONG_SIDE ? bid : ask;
   bool at_target = order.side * leaving >= order.side * order.target;
   bool at_stop = order.side * leaving <= order.side * order.stop;
   if(life.stands == WAITING)
     {
      if(ts_us < order.earliest_entry_us && ts_us < end_us)
         return;
      if(ts_us >= end_us || at_target || at_stop)
        {
         EndLife(life, NO_ENTRY, 0, 0.0);
         return;
        }
      life.stands = OPENED;
      life.entry_us = ts_us;
      life.entry = order.side == LONG_SIDE ? ask : bid;
      return;
     }
   if(at_target)
      EndLife(life, BY_TARGET, ts_us, leaving);
   else
      if(at_stop)
         EndLife(life, BY_STOP, ts_us, leaving);
      else
         if(ts_us >= end_us)
            EndLife(life, order.horizon_end_us <= day_end_us ? BY_TIME : BY_DAY_END, ts_us, leaving);
  }

// The day has no more quotes: the last one ends what is open.
void EndOrderDay(const Order &order, OrderLife &life, long last_us, double bid, double ask)
  {
   if(life.stands == WAITING)
      EndLife(life, NO_ENTRY, 0, 0.0);
   if(life.stands == OPENED)
      EndLife(life, BY_DAY_END, last_us, order.side == LONG_SIDE ? bid : ask);
  }
#endif
