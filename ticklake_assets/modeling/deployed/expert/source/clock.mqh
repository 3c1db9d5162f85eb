// Times: the broker's clock, and when the day's positions are closed.
//
// MetaTrader writes the server's wall clock as if it were time since the epoch. Most servers run at New York plus 7
// hours, so that their day ends when New York closes; its changes of clock are a table in model.mqh.
#ifndef TICKLAKE_CLOCK
#define TICKLAKE_CLOCK
#include "model.mqh"

struct BrokerClock
  {
   int               change;       // the repeated hour that was seen last; -1 none
   long              last_ms;      // its last wall clock
   bool              is_second;    // whether the clock has been set back in it
  };

void ResetClock(BrokerClock &clock)
  {
   clock.change = -1;
   clock.last_ms = 0;
   clock.is_second = false;
  }

// UTC milliseconds of a wall clock at New York plus 7 hours; call it in the order of the ticks.
//
// An hour that occurs twice belongs to its first pass until the clock steps back by more than half an hour. An hour
// that does not occur is read as if the clock had not been set forward.
long UtcOfNewYorkPlus7(BrokerClock &clock, long wall_ms)
  {
   int offset = FIRST_OFFSET_HOURS;
   for(int i = 0; i < CLOCK_CHANGES; i++)
     {
      bool is_back = CLOCK_OFFSET_HOURS[i] < offset;
      long from_ms = 1000 * CLOCK_CHANGE_WALL_S[i] - (is_back ? HOUR_MS : 0);
      if(wall_ms < from_ms)
         break;
      if(wall_ms < from_ms + HOUR_MS)
        {
         if(!is_back)
            break;
         clock.is_second = clock.change == i && (clock.is_second || clock.last_ms - wall_ms > HOUR_MS / 2);
         clock.change = i;
         clock.last_ms = wall_ms;
         if(!clock.is_second)
            break;
        }
      offset = CLOCK_OFFSET_HOURS[i];
     }
   return wall_ms - offset * HOUR_MS;
  }

// Start of the UTC day of a time; both in epoch microseconds.
long DayStartUs(long ts_us)
  {
   return ts_us / DAY_US * DAY_US;
  }

// Whether the calendar of model.mqh knows a day.
bool IsKnownDay(long day_start_us)
  {
   long day = day_start_us / DAY_US;
   return day >= FIRST_DAY && day < FIRST_DAY + DAYS;
  }

// When positions of a known day are closed: the calendar's close less a minute.
long DayEndUs(long day_start_us)
  {
   return day_start_us + 1000000 * (long)DAY_END_S[(int)(day_start_us / DAY_US - FIRST_DAY)];
  }
#endif
