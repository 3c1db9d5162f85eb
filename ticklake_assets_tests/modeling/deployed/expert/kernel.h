// Runs a day through the expert's rules, kernel, decision and order table; beside each event lies the model's answer.
//
// Standard input and output are columns of 8 bytes a value; test_compiled.py writes and reads them.
#include "clock.mqh"
#include "checks.mqh"

template <class T> static Array<T> Read(size_t count) {
  Array<T> values(count);
  if (std::fread(values.data(), 8, count, stdin) != count) std::exit(2);
  return values;
}

static void Write(double value) { std::fwrite(&value, 8, 1, stdout); }

int main() {
  const auto head = Read<long>(3);
  const long ticks = head[0], start_us = head[1], answers = head[2];
  const auto ts = Read<long>(ticks);
  const auto bid = Read<double>(ticks), ask = Read<double>(ticks), bid_size = Read<double>(ticks),
             ask_size = Read<double>(ticks);
  const auto missing = Read<long>(ticks);
  const auto answer = Read<double>(3 * answers);
  int golden = 0;
  if (TablesDigest() != TABLES_DIGEST) return 3;
  if (GoldenDigest(golden) != GOLDEN_FEATURES_DIGEST || golden != GOLDEN_EVENTS) return 4;

  RuleState rules;
  FeatureState state;
  ResetRules(rules);
  ResetFeatures(state);
  Array<MarketEvent> events;
  Array<long> kept;
  Array<size_t> starts;
  for (long i = 0; i < ticks; i++) {
    const int code = JudgeTick(rules, start_us, start_us + DAY_US, ts[i], bid[i], ask[i], bid_size[i], ask_size[i],
                               (int)missing[i]);
    Write(code);
    if (code != KEPT) continue;
    MarketEvent found;
    kept.push_back(i);
    if (!AdvanceFeatures(state, start_us, ts[i], bid[i], ask[i], missing[i] & NO_BID_SIZE ? 0.0 : bid_size[i],
                         missing[i] & NO_ASK_SIZE ? 0.0 : ask_size[i], found))
      continue;
    events.push_back(found);
    starts.push_back(kept.size() - 1);
  }
  Write(events.size());
  for (const auto &found : events) {
    for (const double value : {(double)found.ts_us, found.bid, found.ask, found.mid, found.sigma_1m, found.ew_spread})
      Write(value);
    for (const double value : found.features) Write(value);
  }
  if (!IsKnownDay(start_us)) return 5;
  const long end_us = DayEndUs(start_us);
  for (size_t n = 0; n < events.size() && n < (size_t)answers; n++) {
    const Prediction told = PredictionOf(events[n], answer[3 * n], answer[3 * n + 1], answer[3 * n + 2]);
    const Decision made = DecisionOn(events[n], told);
    for (const double value : {(double)told.is_finite, told.p_short, told.p_neither, told.p_long, told.anomaly,
                               (double)made.side, (double)made.order.earliest_entry_us, made.order.stop,
                               made.order.target, (double)made.order.horizon_end_us})
      Write(value);
    std::cerr << made.abstain << "\n";
    for (const int side : {LONG_SIDE, SHORT_SIDE}) {
      const long horizon_us = HorizonUs(events[n].sigma_1m, events[n].ew_spread);
      const double width = BarrierWidth(events[n].sigma_1m, events[n].ew_spread, horizon_us);
      const Order order = OrderAt(side, events[n].ts_us, events[n].bid, events[n].ask, width, horizon_us);
      OrderLife life;
      StartLife(life);
      for (size_t k = starts[n]; k < kept.size() && life.stands < 0; k++)
        StepOrder(order, life, ts[kept[k]], bid[kept[k]], ask[kept[k]], end_us);
      EndOrderDay(order, life, ts[kept.back()], bid[kept.back()], ask[kept.back()]);
      for (const double value : {(double)life.stands, (double)life.entry_us, life.entry, (double)life.exit_us, life.exit})
        Write(value);
    }
  }
}
