// From the model's answer to a decision: calibration, anomaly, limits of the feed, thresholds.
#ifndef TICKLAKE_DECISION
#define TICKLAKE_DECISION
#include "orders.mqh"

struct Prediction
  {
   bool              is_finite;
   double            p_short;               // calibrated
   double            p_neither;
   double            p_long;
   double            anomaly;               // about 1 in the training market, larger is stranger
   string            feed;                  // limits of the feed that the event breaks, a comma after each
  };

struct Decision
  {
   int               side;                  // LONG_SIDE, SHORT_SIDE or NO_SIDE
   string            abstain;               // why the side must not be acted on, a comma after each reason
   Order             order;                 // stop and target are 0 without a side
  };

// Normal score of a feature by its table of quantiles; beyond the tails linearly.
double NormalScore(int feature, double value)
  {
   int last = POINTS - 1;
   if(value < QUANTILES[feature][0])
      return SCORES[0] + (value - QUANTILES[feature][0]) * SLOPE[feature];
   if(value > QUANTILES[feature][last])
      return SCORES[last] + (value - QUANTILES[feature][last]) * SLOPE[feature];
   int left = 0;
   while(QUANTILES[feature][left] < value)
      left++;
   if(QUANTILES[feature][left] == value)
     {
      // A value that many rows share gets the middle of the scores that it spans.
      int right = left;
      while(right < last && QUANTILES[feature][right + 1] == value)
         right++;
      return (SCORES[left] + SCORES[right]) * 0.5;
     }
   double share = (value - QUANTILES[feature][left - 1]) / (QUANTILES[feature][left] - QUANTILES[feature][left - 1]);
   return SCORES[left - 1] + share * (SCORES[left] - SCORES[left - 1]);
  }

// Root mean squared Mahalanobis distance of the normal scores.
double AnomalyScore(const MarketEvent &found)
  {
   double scores[FEATURES];
   for(int i = 0; i < FEATURES; i++)
      scores[i] = NormalScore(i, found.features[i]) - MEAN[i];
   double sum = 0.0;
   for(int i = 0; i < FEATURES; i++)
     {
      double total = 0.0;
      for(int k = 0; k < FEATURES; k++)
         total += PRECISION[i][k] * scores[k];
      sum += scores[i] * total;
     }
   return MathSqrt(Larger(sum, 0.0) / FEATURES);
  }

// softmax(log(p) / temperature + bias), the bias of `neither` being 0.
void Calibrate(Prediction &prediction, double p_short, double p_neither, double p_long)
  {
   double lower = MathLog(Larger(p_short, SMALLEST)) / TEMPERATURE + BIAS_SHORT;
   double middle = MathLog(Larger(p_neither, SMALLEST)) / TEMPERATURE;
   double upper = MathLog(Larger(p_long, SMALLEST)) / TEMPERATURE + BIAS_LONG;
   double top = Larger(Larger(lower, middle), upper);
   lower = MathExp(lower - top);
   middle = MathExp(middle - top);
   upper = MathExp(upper - top);
   double total = lower + middle + upper;
   prediction.p_short = lower / total;
   prediction.p_neither = middle / total;
   prediction.p_long = upper / total;
  }

// What the models say of an event: `p_...` is the answer of the ONNX file.
Prediction PredictionOf(const MarketEvent &found, double p_short, double p_neither, double p_long)
  {
   Prediction prediction;
   prediction.is_finite = MathIsValidNumber(p_short) && MathIsValidNumber(p_neither) && MathIsValidNumber(p_long);
   for(int i = 0; i < FEATURES; i++)
      prediction.is_finite = prediction.is_finite && MathIsValidNumber(found.features[i]);
   prediction.p_short = 0.0;
   prediction.p_neither = 0.0;
   prediction.p_long = 0.0;
   prediction.anomaly = 0.0;
   prediction.feed = "";
   if(!prediction.is_finite)
      return prediction;
   Calibrate(prediction, p_short, p_neither, p_long);
   prediction.anomaly = AnomalyScore(found);
   for(int i = 0; i < FEED_LIMITS; i++)
     {
      double value = found.features[FEED_FEATURE[i]];
      if(FEED_IS_UPPER[i] ? value > FEED_LIMIT[i] : value < FEED_LIMIT[i])
         prediction.feed = prediction.feed + FEED_REASON[i] + ",";
     }
   return prediction;
  }

// Choose side, abstentions and absolute barriers of an event.
Decision DecisionOn(const MarketEvent &found, const Prediction &prediction)
  {
   Decision decision;
   long horizon_us = HorizonUs(found.sigma_1m, found.ew_spread);
   double width = BarrierWidth(found.sigma_1m, found.ew_spread, horizon_us);
   bool is_finite = prediction.is_finite && MathIsValidNumber(prediction.p_short)
                    && MathIsValidNumber(prediction.p_neither) && MathIsValidNumber(prediction.p_long)
                    && MathIsValidNumber(prediction.anomaly) && MathIsValidNumber(found.bid)
                    && MathIsValidNumber(found.ask) && MathIsValidNumber(width);
   if(!is_finite)
     {
      decision.side = NO_SIDE;
      decision.abstain = "not_finite," + prediction.feed;
      decision.order = OrderAt(LONG_SIDE, found.ts_us, 0.0, 0.0, 0.0, horizon_us);
      return decision;
     }
   decision.side = NO_SIDE;
   if(prediction.p_long > prediction.p_short)
      decision.side = LONG_SIDE;
   if(prediction.p_short > prediction.p_long)
      decision.side = SHORT_SIDE;
   if(Larger(prediction.p_long, prediction.p_short) < ACT_THRESHOLD)
      decision.side = NO_SIDE;
   decision.abstain = prediction.feed;
   if(prediction.anomaly > ANOMALY_THRESHOLD)
      decision.abstain = "out_of_distribution," + prediction.feed;
   int side = decision.side == NO_SIDE ? LONG_SIDE : decision.side;
   decision.order = OrderAt(side, found.ts_us, found.bid, found.ask, width, horizon_us);
   if(decision.side == NO_SIDE)
     {
      decision.order.stop = 0.0;
      decision.order.target = 0.0;
     }
   return decision;
  }
#endif
