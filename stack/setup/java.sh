#!/usr/bin/env bash
# Print the home of a Java that Spark runs on; install one with apt-get where there is none. Needs .venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

find_java() { .venv/bin/python -m ticklake_assets.spark.java; }

if ! find_java 2>/dev/null; then
    stack/setup/apt.sh openjdk-17-jre-headless openjdk-21-jre-headless || true
    find_java # says in one line what is missing, if it still is
fi
