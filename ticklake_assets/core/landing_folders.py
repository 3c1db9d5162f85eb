"""Where a day's file lies in the landing folder: a queue, from which every replicator moves files on.

    ticks/SYMBOL/YYYY/MM/SYMBOL_YYYY-MM-DD.csv                          waits
    done/ticks/SYMBOL/YYYY/MM/SYMBOL_YYYY-MM-DD.csv                     taken: the lake has it, or NiFi's own queue
    conflict/ticks/SYMBOL/YYYY/MM/<sha256, 16>/SYMBOL_YYYY-MM-DD.csv    refused: the lake holds other bytes

Nothing is deleted. A correction is `SYMBOL_YYYY-MM-DD.r2.csv`, then `.r3.csv`.
"""

WAITING = "ticks"
TAKEN = "done/ticks"
REFUSED = "conflict/ticks"
NIFI_FLOW = "ticklake replication"
"""Name of the flow that moves them in NiFi, stack/nifi/flow.json."""
