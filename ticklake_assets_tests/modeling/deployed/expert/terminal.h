// A terminal that follows a script: ticks, when OnTick is called, and the model's answers, from standard input.
//
// It tells on standard output what the expert asks of it: each row for the model, each order. An order is filled at
// the current tick; stop and target are left to the expert, as the order table has them.
#include <cstdlib>

static Array<MqlTick> script;
static size_t current_tick = 0;
static Array<double> script_answers;
static size_t asked = 0;
static uint next_retcode = TRADE_RETCODE_DONE;
static int last_error = 0, failing_history = 0;
static bool is_held = false, in_tester = true, on_real_account = false;
static MqlTradeRequest held;

int GetLastError() { return last_error; }
void ResetLastError() { last_error = 0; }
bool SymbolInfoTick(const string &, MqlTick &tick) { tick = script[current_tick]; return true; }
long MQLInfoInteger(int) { return in_tester; }
long AccountInfoInteger(int) { return on_real_account ? ACCOUNT_TRADE_MODE_REAL : 0; }
long SymbolInfoInteger(const string &, int) { return SYMBOL_FILLING_IOC; }
double SymbolInfoDouble(const string &, int which) {
  return which == SYMBOL_BID ? script[current_tick].bid : script[current_tick].ask;
}

int CopyTicksRange(const string &, Array<MqlTick> &ticks, uint, ulong from_ms, ulong to_ms) {
  ticks.clear();
  if (failing_history > 0) { failing_history--; last_error = 4401; return -1; }
  for (size_t i = 0; i <= current_tick; i++)
    if (script[i].time_msc >= (long)from_ms && script[i].time_msc <= (long)to_ms) ticks.push_back(script[i]);
  return (int)ticks.size();
}

int PositionsTotal() { return is_held; }
ulong PositionGetTicket(int) { return 7; }
string PositionGetString(int) { return held.symbol; }
long PositionGetInteger(int which) { return which == POSITION_MAGIC ? (long)held.magic : 7; }
double PositionGetDouble(int) { return held.volume; }

bool OrderSend(const MqlTradeRequest &request, MqlTradeResult &result) {
  std::printf("%s %ld %d %a %a %a %a\n", request.position ? "exit" : "entry", script[current_tick].time_msc,
              request.type, request.volume, request.price, request.sl, request.tp);
  result.retcode = next_retcode;
  if (next_retcode != TRADE_RETCODE_DONE) return false;
  is_held = !request.position;
  held = request;
  return true;
}

static long made_shapes = 0;
long OnnxCreateFromBuffer(const Array<uchar> &, uint) { return 3; }
bool OnnxRelease(long) { return true; }
template <int N> bool OnnxSetInputShape(long, long, const long (&shape)[N]) { made_shapes += shape[1]; return true; }
template <int N> bool OnnxSetOutputShape(long, long, const long (&shape)[N]) { made_shapes += N; return true; }
template <int N> bool OnnxRun(long, uint, float (&row)[N], float (&answer)[3]) {
  std::printf("row");
  for (const float value : row) std::printf(" %a", value);
  std::printf("\n");
  for (int i = 0; i < 3; i++) answer[i] = (float)script_answers[3 * asked + i];
  asked++;
  return true;
}
template <int N> bool OnnxRun(long handle, uint flags, float (&row)[N], long (&)[1], float (&answer)[3]) {
  return OnnxRun(handle, flags, row, answer);
}

int main() {
  in_tester = !std::getenv("LIVE");
  on_real_account = std::getenv("REAL");
  if (const char *code = std::getenv("RETCODE")) next_retcode = std::atoi(code);
  if (const char *times = std::getenv("FAILING_HISTORY")) failing_history = std::atoi(times);
  if (const int failed = OnInit()) return failed;
  long ticks;
  std::cin >> ticks;
  Array<bool> called(ticks);
  for (long i = 0; i < ticks; i++) {
    MqlTick tick{};
    string bid, ask;
    bool is_called;
    std::cin >> tick.time_msc >> bid >> ask >> is_called;
    tick.bid = std::strtod(bid.c_str(), nullptr);
    tick.ask = std::strtod(ask.c_str(), nullptr);
    script.push_back(tick);
    called[i] = is_called;
  }
  for (double value; std::cin >> value;) script_answers.push_back(value);
  for (current_tick = 0; current_tick < script.size(); current_tick++)
    if (called[current_tick]) OnTick();
  current_tick--;
  OnDeinit(0);
}
