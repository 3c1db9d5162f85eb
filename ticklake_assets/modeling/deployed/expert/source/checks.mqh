// Whether this terminal computes what was tested: digests over the bits of numbers.
//
// The compiler read some thousand decimal numbers of model.mqh, and the golden ticks of the bundle must give their
// events to the last bit. Neither could be tried outside of MetaTrader; OnInit asks both.
#ifndef TICKLAKE_CHECKS
#define TICKLAKE_CHECKS
#include "rules.mqh"
#include "decision.mqh"
#include "golden.mqh"

union DoubleBits
  {
   double            value;
   ulong             bits;
  };

#define FIRST_DIGEST 1469598103934665603

// As FNV-1a, but 64 bits at once; who asks for a digest takes half of it.
ulong Digest(ulong before, double value)
  {
   DoubleBits number;
   number.value = value;
   return (before ^ number.bits) * (((ulong)0x100 << 32) | (ulong)0x1B3);
  }

ulong TablesDigest()
  {
   ulong digest = FIRST_DIGEST;
   for(int i = 0; i < FEATURES; i++)
     {
      for(int k = 0; k < POINTS; k++)
         digest = Digest(digest, QUANTILES[i][k]);
      digest = Digest(digest, SLOPE[i]);
      digest = Digest(digest, MEAN[i]);
      for(int k = 0; k < FEATURES; k++)
         digest = Digest(digest, PRECISION[i][k]);
     }
   for(int k = 0; k < POINTS; k++)
      digest = Digest(digest, SCORES[k]);
   digest = Digest(digest, TEMPERATURE);
   digest = Digest(digest, BIAS_SHORT);
   digest = Digest(digest, BIAS_LONG);
   digest = Digest(digest, ACT_THRESHOLD);
   return Digest(digest, ANOMALY_THRESHOLD) >> 1;
  }

// Replay the golden ticks: the digest of all features of all events, whose number is told in `events`.
ulong GoldenDigest(int &events)
  {
   RuleState rules;
   FeatureState state;
   MarketEvent found;
   ResetRules(rules);
   ResetFeatures(state);
   ulong digest = FIRST_DIGEST;
   events = 0;
   for(int i = 0; i < GOLDEN_TICKS; i++)
     {
      double bid_size = GOLDEN_BID_SIZE[i];
      double ask_size = GOLDEN_ASK_SIZE[i];
      int code = JudgeTick(rules, GOLDEN_DAY_US, GOLDEN_DAY_US + DAY_US, GOLDEN_DAY_US + GOLDEN_US[i], GOLDEN_BID[i],
                           GOLDEN_ASK[i], bid_size, ask_size, GOLDEN_MISSING[i]);
      if(code != KEPT)
         continue;
      if(!AdvanceFeatures(state, GOLDEN_DAY_US, GOLDEN_DAY_US + GOLDEN_US[i], GOLDEN_BID[i], GOLDEN_ASK[i], bid_size,
                          ask_size, found))
         continue;
      events++;
      for(int k = 0; k < FEATURES; k++)
         digest = Digest(digest, found.features[k]);
     }
   return digest >> 1;
  }
#endif
