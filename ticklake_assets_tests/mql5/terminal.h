// A terminal's part: one OnTick for each line `time_msc bid ask` of standard input.
int main() {
  Url = std::getenv("URL");
  Token = std::getenv("TOKEN");
  if (const int failed = OnInit()) return failed;
  string word;
  while (std::cin >> word) {
    current.time_msc = std::stol(word);
    std::cin >> current.bid >> current.ask;
    OnTick();
  }
}
