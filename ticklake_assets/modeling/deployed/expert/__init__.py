"""A bundle as an Expert Advisor: MQL5 source that decides inside MetaTrader 5 what the endpoint decides."""
