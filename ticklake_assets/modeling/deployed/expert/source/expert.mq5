// Trades one model of ticklake inside MetaTrader 5: made for the Strategy Tester (every tick based on real ticks).
//
// Ticks -> cleaning rules -> features of sampled events -> ONNX -> calibration, anomaly, thresholds -> one order at a
// time, which the order table ends. model.mqh and golden.mqh hold this model's numbers; the other files are the same
// for every model. README.txt says how to compile it, and what could not be tried outside of MetaTrader.
#property copyright "ticklake"
#property version   "1.00"
#property strict

#include "model.mqh"
#include "golden.mqh"
#include "rules.mqh"
#include "features.mqh"
#include "orders.mqh"
#include "decision.mqh"
#include "clock.mqh"
#include "checks.mqh"

#resource "pattern.onnx" as uchar PatternModel[]

enum ServerClock
  {
   NEW_YORK_PLUS_7 = 0,            // New York + 7 hours, as most brokers
   FIXED_OFFSET = 1                // always the same hours ahead of UTC
  };

input double      Lots = 0.01;                   // volume of each order, lots
input ServerClock Clock = NEW_YORK_PLUS_7;       // the broker's clock
input int         ClockHours = 2;                // hours ahead of UTC, of a fixed offset
input int         Deviation = 20;                // largest slippage of an order, points
input bool        WaitLatency = true;            // in the tester: enter after the latency of the cost profile
input bool        TradeRealAccount = false;      // trade outside of the tester on a real account

long         Model = INVALID_HANDLE;
RuleState    Rules;
FeatureState Averages;
BrokerClock  Wall;
long         DayUs = -1;                         // start of the UTC day that is taken in
bool         Complete = false;                   // whether all of its ticks were seen
bool         IsWhole = false;                    // whether the history of ticks answered the last time
long         TakenMs = 0;                        // wall clock of the last tick taken in
int          TakenThere = 0;                     // how many ticks of that time were
bool         IsBusy = false;                     // an order waits or is open
Order        Current;
OrderLife    Life;
double       LastBid = 0.0;                      // of the last clean quote
double       LastAsk = 0.0;
long         LastUs = 0;
string       Blocked = "";                       // why nothing is traded any more

int Refuse(string why)
  {
   Print("ticklake: ", why);
   return INIT_FAILED;
  }

int OnInit()
  {
   if(StringFind(_Symbol, MODEL_SYMBOL) != 0)
      return Refuse("Expected a chart of " + MODEL_SYMBOL + ", was " + _Symbol);
   if(_Digits != MODEL_DIGITS)
      return Refuse("Expected prices of " + IntegerToString(MODEL_DIGITS) + " digits, was " + IntegerToString(_Digits));
   bool in_tester = MQLInfoInteger(MQL_TESTER) != 0;
   bool is_real = AccountInfoInteger(ACCOUNT_TRADE_MODE) == ACCOUNT_TRADE_MODE_REAL;
   if(!in_tester && !MODEL_IS_TRADABLE)
      return Refuse("The gates did not pass this model. Expected the Strategy Tester");
   if(!in_tester && is_real && !TradeRealAccount)
      return Refuse("This is a real account. Expected the input TradeRealAccount, or a demo account");
   if(TablesDigest() != TABLES_DIGEST)
      return Refuse("The tables of model.mqh were read as other numbers by this compiler");
   int events = 0;
   if(GoldenDigest(events) != GOLDEN_FEATURES_DIGEST || events != GOLDEN_EVENTS)
      return Refuse("The golden ticks give other features here than where the model was tested");
   Model = OnnxCreateFromBuffer(PatternModel, ONNX_DEFAULT);
   if(Model == INVALID_HANDLE)
      return Refuse("The model does not load, error " + IntegerToString(GetLastError()));
   if(!ShapeModel())
      return Refuse("The model has another signature, error " + IntegerToString(GetLastError()));
   DayUs = -1;
   TakenMs = 0;
   TakenThere = 0;
   IsBusy = false;
   Blocked = "";
   ResetClock(Wall);
   ResetRules(Rules);
   ResetFeatures(Averages);
   Print("ticklake: bundle ", MODEL_DIGEST, ", self-checks passed (", GOLDEN_EVENTS, " golden events)");
   return INIT_SUCCEEDED;
  }

void OnDeinit(const int reason)
  {
   if(Model != INVALID_HANDLE)
      OnnxRelease(Model);
   Model = INVALID_HANDLE;
  }

// One row in, one row of three probabilities out; some models answer with a label before them.
bool ShapeModel()
  {
   const long row[] = {1, FEATURES};
   const long classes[] = {1, 3};
   const long one[] = {1};
   if(!OnnxSetInputShape(Model, 0, row))
      return false;
   if(MODEL_HAS_LABEL && !OnnxSetOutputShape(Model, 0, one))
      return false;
   return OnnxSetOutputShape(Model, MODEL_HAS_LABEL ? 1 : 0, classes);
  }

// The model's answer to an event; false where it gives none. Features lose precision here and nowhere else.
bool AskModel(const MarketEvent &found, float &p_short, float &p_neither, float &p_long)
  {
   float row[FEATURES];
   long label[1];
   float answer[3];
   for(int i = 0; i < FEATURES; i++)
      row[i] = (float)found.features[i];
   bool is_answered = MODEL_HAS_LABEL ? OnnxRun(Model, ONNX_NO_CONVERSION, row, label, answer)
                      : OnnxRun(Model, ONNX_NO_CONVERSION, row, answer);
   p_short = answer[0];
   p_neither = answer[1];
   p_long = answer[2];
   return is_answered;
  }

long UtcUs(long wall_ms)
  {
   if(Clock == FIXED_OFFSET)
      return 1000 * (wall_ms - ClockHours * HOUR_MS);
   return 1000 * UtcOfNewYorkPlus7(Wall, wall_ms);
  }

// OnTick may be called once for several ticks: take in all that came since, from the history of ticks.
void OnTick()
  {
   MqlTick ticks[];
   MqlTick now;
   if(!SymbolInfoTick(_Symbol, now))
      return;
   bool is_first = TakenMs == 0;
   // Before the first tick: the whole UTC day so far, which begins at most a day before on any clock.
   long from_ms = is_first ? now.time_msc - 2 * DAY_US / 1000 : TakenMs;
   ResetLastError();
   int count = CopyTicksRange(_Symbol, ticks, COPY_TICKS_INFO, (ulong)from_ms, (ulong)now.time_msc);
   // Where the history does not answer, ticks may be missing: the day is not acted on.
   IsWhole = count > 0 && GetLastError() == 0;
   if(!IsWhole)
      Complete = false;
   if(count <= 0)
     {
      TakeTick(now);
      return;
     }
   long known_ms = TakenMs;
   int known = TakenThere;
   for(int i = 0; i < count; i++)
     {
      if(ticks[i].time_msc == known_ms && known > 0)
        {
         known--;
         continue;
        }
      TakeTick(ticks[i]);
     }
  }

void TakeTick(const MqlTick &tick)
  {
   if(tick.time_msc == TakenMs)
      TakenThere++;
   else
     {
      TakenMs = tick.time_msc;
      TakenThere = 1;
     }
   long ts_us = UtcUs(tick.time_msc);
   if(DayStartUs(ts_us) > DayUs)
      StartDay(DayStartUs(ts_us));
   // A broker's quotes have no sizes.
   int code = JudgeTick(Rules, DayUs, DayUs + DAY_US, ts_us, tick.bid, tick.ask, 0.0, 0.0, NO_BID_SIZE | NO_ASK_SIZE);
   if(code != KEPT)
      return;
   LastUs = ts_us;
   LastBid = tick.bid;
   LastAsk = tick.ask;
   MarketEvent found;
   bool is_event = AdvanceFeatures(Averages, DayUs, ts_us, tick.bid, tick.ask, 0.0, 0.0, found);
   if(IsBusy)
      FollowOrder();
   if(is_event)
      DecideOn(found);
  }

// The first day is whole only where ticks of the day before it were seen: then none of its own are missing.
void StartDay(long day_start_us)
  {
   if(IsBusy)
     {
      EndOrderDay(Current, Life, LastUs, LastBid, LastAsk);
      Leave("the day ended");
     }
   Complete = DayUs >= 0 && IsWhole;
   DayUs = day_start_us;
   ResetRules(Rules);
   ResetFeatures(Averages);
  }

// Whether a tick is of now and not of the history that OnTick reads after a start.
bool IsNow(long ts_us)
  {
   MqlTick now;
   if(!SymbolInfoTick(_Symbol, now))
      return false;
   return UtcUs(now.time_msc) - ts_us < 2000000;
  }

void DecideOn(const MarketEvent &found)
  {
   float p_short = 0.0;
   float p_neither = 0.0;
   float p_long = 0.0;
   if(!AskModel(found, p_short, p_neither, p_long))
     {
      Print("ticklake: the model does not answer, error ", GetLastError());
      return;
     }
   Prediction prediction = PredictionOf(found, p_short, p_neither, p_long);
   Decision decision = DecisionOn(found, prediction);
   string why = decision.abstain;
   if(!Complete)
      why = why + "incomplete_day,";
   if(found.ts_us >= EXPIRES_US)
      why = why + "stale_model,";
   if(!IsKnownDay(DayUs))
      why = why + "unknown_day,";
   if(decision.side == NO_SIDE)
      return;
   if(IsBusy || HoldsPosition())
      why = why + "position_open,";
   if(!IsNow(found.ts_us))
      why = why + "back_filled,";
   if(Blocked != "")
      why = why + Blocked + ",";
   Print("ticklake: ", decision.side == LONG_SIDE ? "long" : "short", " stop ",
         DoubleToString(decision.order.stop, _Digits), " target ", DoubleToString(decision.order.target, _Digits),
         why == "" ? " ordered" : " not acted on: ", why);
   if(why != "")
      return;
   Current = decision.order;
   if(MQLInfoInteger(MQL_TESTER) == 0 || !WaitLatency)
      Current.earliest_entry_us = found.ts_us;       // the terminal's own latency is enough
   StartLife(Life);
   IsBusy = true;
   FollowOrder();
  }

// Show the order the clean quote of now, and do in the terminal what the order table says.
void FollowOrder()
  {
   int before = Life.stands;
   StepOrder(Current, Life, LastUs, LastBid, LastAsk, DayEndUs(DayUs));
   if(Life.stands == OPENED && before == WAITING)
     {
      if(!SendEntry())
         IsBusy = false;
      return;
     }
   if(Life.stands >= 0)
      Leave(OUTCOME_NAMES[Life.stands]);
   else
      if(Life.stands == OPENED && !HoldsPosition())
        {
         // Stop or target of the broker's side came first, or a person closed it.
         Print("ticklake: the position is closed before the order table's exit");
         IsBusy = false;
        }
  }

void Leave(string why)
  {
   IsBusy = false;
   Print("ticklake: order table: ", why, ", entry ", DoubleToString(Life.entry, _Digits), " exit ",
         DoubleToString(Life.exit, _Digits));
   if(HoldsOwnPosition() && !SendExit())
      Blocked = "close_failed";
  }

ENUM_ORDER_TYPE_FILLING FillingOf()
  {
   long modes = SymbolInfoInteger(_Symbol, SYMBOL_FILLING_MODE);
   if((modes & SYMBOL_FILLING_FOK) != 0)
      return ORDER_FILLING_FOK;
   if((modes & SYMBOL_FILLING_IOC) != 0)
      return ORDER_FILLING_IOC;
   return ORDER_FILLING_RETURN;
  }

// Once, never again: an unknown outcome blocks what comes after, until a person has looked.
bool SendEntry()
  {
   MqlTradeRequest request;
   MqlTradeResult result;
   ZeroMemory(request);
   ZeroMemory(result);
   request.action = TRADE_ACTION_DEAL;
   request.symbol = _Symbol;
   request.volume = Lots;
   request.type = Current.side == LONG_SIDE ? ORDER_TYPE_BUY : ORDER_TYPE_SELL;
   request.price = Current.side == LONG_SIDE ? SymbolInfoDouble(_Symbol, SYMBOL_ASK)
                   : SymbolInfoDouble(_Symbol, SYMBOL_BID);
   request.sl = Current.stop;
   request.tp = Current.target;
   request.deviation = Deviation;
   request.magic = MODEL_MAGIC;
   request.comment = "ticklake";
   request.type_filling = FillingOf();
   if(OrderSend(request, result) && result.retcode == TRADE_RETCODE_DONE)
      return true;
   Print("ticklake: entry failed, retcode ", result.retcode, ", error ", GetLastError());
   bool is_refused = result.retcode == TRADE_RETCODE_INVALID_STOPS || result.retcode == TRADE_RETCODE_REQUOTE
                     || result.retcode == TRADE_RETCODE_PRICE_CHANGED || result.retcode == TRADE_RETCODE_PRICE_OFF
                     || result.retcode == TRADE_RETCODE_NO_MONEY || result.retcode == TRADE_RETCODE_INVALID_VOLUME
                     || result.retcode == TRADE_RETCODE_MARKET_CLOSED;
   if(!is_refused)
      Blocked = "unknown_outcome";
   return false;
  }

bool SendExit()
  {
   MqlTradeRequest request;
   MqlTradeResult result;
   ZeroMemory(request);
   ZeroMemory(result);
   request.action = TRADE_ACTION_DEAL;
   request.position = PositionGetInteger(POSITION_TICKET);
   request.symbol = _Symbol;
   request.volume = PositionGetDouble(POSITION_VOLUME);
   request.type = Current.side == LONG_SIDE ? ORDER_TYPE_SELL : ORDER_TYPE_BUY;
   request.price = Current.side == LONG_SIDE ? SymbolInfoDouble(_Symbol, SYMBOL_BID)
                   : SymbolInfoDouble(_Symbol, SYMBOL_ASK);
   request.deviation = Deviation;
   request.magic = MODEL_MAGIC;
   request.comment = "ticklake";
   request.type_filling = FillingOf();
   if(OrderSend(request, result) && result.retcode == TRADE_RETCODE_DONE)
      return true;
   Print("ticklake: exit failed, retcode ", result.retcode, ", error ", GetLastError());
   return false;
  }

// Whether the symbol has a position, whoever opened it: none is added to, none is reversed.
bool HoldsPosition()
  {
   for(int i = PositionsTotal() - 1; i >= 0; i--)
      if(PositionGetTicket(i) > 0 && PositionGetString(POSITION_SYMBOL) == _Symbol)
         return true;
   return false;
  }

// The same of one that this expert opened, which is then selected.
bool HoldsOwnPosition()
  {
   for(int i = PositionsTotal() - 1; i >= 0; i--)
      if(PositionGetTicket(i) > 0 && PositionGetString(POSITION_SYMBOL) == _Symbol
         && PositionGetInteger(POSITION_MAGIC) == MODEL_MAGIC)
         return true;
   return false;
  }
