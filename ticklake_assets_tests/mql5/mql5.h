// What docs/endpoint-calls.md uses of MQL5, for a C++ compiler; WebRequest speaks HTTP, ticks come from standard input.
#pragma once
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#define input static
using string = std::string;
using datetime = long long;
template <class T> using Array = std::vector<T>;
enum { INIT_SUCCEEDED = 0, INIT_FAILED = 1, WHOLE_ARRAY = -1, CP_UTF8 = 65001 };
struct MqlTick { datetime time; double bid, ask, last; unsigned long volume; long time_msc; };

static const string _Symbol = "EURUSD.x";
static const int _Digits = 5;
static MqlTick current;
static std::map<string, double> globals;

inline bool SymbolInfoTick(const string &, MqlTick &tick) { tick = current; return true; }
inline datetime TimeGMT() { return 1000000; }
inline datetime TimeTradeServer() { return 1000000 + 7200 + 1; }  // two hours ahead, and a second late
inline double MathRound(double value) { return std::round(value); }
inline int MathMax(int a, int b) { return std::max(a, b); }
inline string IntegerToString(long value) { return std::to_string(value); }
inline int StringFind(const string &text, const string &part) { return (int)text.find(part); }
inline bool GlobalVariableCheck(const string &name) { return globals.count(name) > 0; }
inline double GlobalVariableGet(const string &name) { return globals[name]; }
inline datetime GlobalVariableSet(const string &name, double value) { globals[name] = value; return 1; }
template <class... T> void Print(const T &...parts) { (std::cout << ... << parts) << std::endl; }

inline string DoubleToString(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

inline int StringToCharArray(const string &text, Array<char> &chars, int, int, int) {
  chars.assign(text.begin(), text.end());
  chars.push_back(0);
  return (int)chars.size();
}

inline string CharArrayToString(const Array<char> &chars, int, int, int) { return string(chars.begin(), chars.end()); }
inline int ArrayResize(Array<char> &chars, int size) { chars.resize(size); return size; }

// The status, or -1 where nobody answers, as the terminal's.
inline int WebRequest(const string &method, const string &url, const string &headers, int, const Array<char> &body,
                      Array<char> &result, string &told) {
  const size_t host = url.find("//") + 2, colon = url.find(':', host), path = url.find('/', host);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(std::stoi(url.substr(colon + 1, path - colon - 1)));
  inet_pton(AF_INET, url.substr(host, colon - host).c_str(), &address.sin_addr);
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(s, (sockaddr *)&address, sizeof address)) { close(s); return -1; }
  string request = method + " " + url.substr(path) + " HTTP/1.1\r\nHost: endpoint\r\nConnection: close\r\n" + headers;
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + string(body.begin(), body.end());
  send(s, request.data(), request.size(), 0);
  string answer;
  char part[4096];
  for (ssize_t read; (read = recv(s, part, sizeof part, 0)) > 0;) answer.append(part, read);
  close(s);
  const size_t end = answer.find("\r\n\r\n");
  if (end == string::npos) return -1;
  told = answer.substr(0, end);
  const string content = answer.substr(end + 4);
  result.assign(content.begin(), content.end());
  return std::stoi(answer.substr(9, 3));
}

int OnInit();
void OnTick();
void Send();
