// What the expert uses of MQL5, for a C++ compiler. The terminal behind it is a script: see terminal.h.
#pragma once
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#define input static
using string = std::string;
using uchar = unsigned char;
using uint = unsigned int;
using ulong = unsigned long;
using datetime = long;
template <class T> using Array = std::vector<T>;
static_assert(sizeof(long) == 8, "MQL5's long has 64 bits");

enum { INIT_SUCCEEDED = 0, INIT_FAILED = 1, INVALID_HANDLE = -1, ONNX_DEFAULT = 0, ONNX_NO_CONVERSION = 1 };
enum { COPY_TICKS_INFO = 1, MQL_TESTER = 6, ACCOUNT_TRADE_MODE = 32, ACCOUNT_TRADE_MODE_REAL = 2 };
enum { SYMBOL_FILLING_MODE = 50, SYMBOL_FILLING_FOK = 1, SYMBOL_FILLING_IOC = 2, SYMBOL_BID = 1, SYMBOL_ASK = 4 };
enum { POSITION_SYMBOL = 0, POSITION_MAGIC = 12, POSITION_TICKET = 17, POSITION_VOLUME = 3 };
enum ENUM_TRADE_REQUEST_ACTIONS { TRADE_ACTION_DEAL = 1 };
enum ENUM_ORDER_TYPE { ORDER_TYPE_BUY = 0, ORDER_TYPE_SELL = 1 };
enum ENUM_ORDER_TYPE_FILLING { ORDER_FILLING_FOK = 0, ORDER_FILLING_IOC = 1, ORDER_FILLING_RETURN = 2 };
enum {
  TRADE_RETCODE_REQUOTE = 10004, TRADE_RETCODE_DONE = 10009, TRADE_RETCODE_INVALID_VOLUME = 10014,
  TRADE_RETCODE_INVALID_STOPS = 10016, TRADE_RETCODE_MARKET_CLOSED = 10018, TRADE_RETCODE_NO_MONEY = 10019,
  TRADE_RETCODE_PRICE_CHANGED = 10020, TRADE_RETCODE_PRICE_OFF = 10021
};

struct MqlTick {
  datetime time; double bid, ask, last; ulong volume; long time_msc; uint flags; double volume_real;
};
struct MqlTradeRequest {
  ENUM_TRADE_REQUEST_ACTIONS action; ulong magic, order; string symbol; double volume, price, stoplimit, sl, tp;
  ulong deviation; ENUM_ORDER_TYPE type; ENUM_ORDER_TYPE_FILLING type_filling; string comment; ulong position;
};
struct MqlTradeResult { uint retcode; ulong deal, order; double volume, price, bid, ask; string comment; };

inline double MathAbs(double value) { return std::fabs(value); }
inline double MathSqrt(double value) { return std::sqrt(value); }
inline double MathFloor(double value) { return std::floor(value); }
inline double MathCeil(double value) { return std::ceil(value); }
inline double MathLog(double value) { return std::log(value); }
inline double MathExp(double value) { return std::exp(value); }
inline bool MathIsValidNumber(double value) { return std::isfinite(value); }
inline int StringFind(const string &text, const string &part) { return (int)text.find(part); }
inline string IntegerToString(long value) { return std::to_string(value); }
inline string DoubleToString(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}
template <class T> int ArrayResize(Array<T> &values, int size, int = 0) { values.resize(size); return size; }
template <class T> void ZeroMemory(T &value) { value = T{}; }
template <class... T> void Print(const T &...parts) { (std::cerr << ... << parts) << std::endl; }

extern const string _Symbol;
extern const int _Digits;
int GetLastError();
void ResetLastError();
bool SymbolInfoTick(const string &, MqlTick &);
int CopyTicksRange(const string &, Array<MqlTick> &, uint flags, ulong from_ms, ulong to_ms);
long MQLInfoInteger(int);
long AccountInfoInteger(int);
long SymbolInfoInteger(const string &, int);
double SymbolInfoDouble(const string &, int);
int PositionsTotal();
ulong PositionGetTicket(int);
string PositionGetString(int);
long PositionGetInteger(int);
double PositionGetDouble(int);
bool OrderSend(const MqlTradeRequest &, MqlTradeResult &);
long OnnxCreateFromBuffer(const Array<uchar> &, uint);
bool OnnxRelease(long);
template <int N> bool OnnxSetInputShape(long, long, const long (&)[N]);
template <int N> bool OnnxSetOutputShape(long, long, const long (&)[N]);
template <int N> bool OnnxRun(long, uint, float (&)[N], float (&)[3]);
template <int N> bool OnnxRun(long, uint, float (&)[N], long (&)[1], float (&)[3]);
