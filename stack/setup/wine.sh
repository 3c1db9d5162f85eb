#!/usr/bin/env bash
# Print a Python for Windows with the extra `bridge` and its tests' libraries; it runs under Wine, and is made in .wine.
#
# The first time fetches 150 MB and takes 3 minutes; fails, with the reason in the last line, where it cannot be had.
# Needs .venv. Start it with pipes or a terminal: Wine 8 hands no plain file on to it as a standard stream.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

wine=/usr/lib/wine/wine64
root=$PWD/.wine
python=$root/python
fail() { echo "ticklake: no Windows Python: $*" >&2 && exit 1; }

wanted=$(cat requirements.lock pyproject.toml stack/windows.py stack/setup/wine.sh | sha256sum)
is_fresh() { [[ -x $wine && -f $root/stamp && $(<"$root/stamp") == "$wanted" ]]; }

mkdir -p "$root"
exec 9>"$root/lock"
flock 9
if is_fresh; then
    echo "$python" && exit 0
fi
[[ $(uname -m) == x86_64 ]] || fail "its programs are for x86_64, this machine is $(uname -m)"
[[ -x $wine ]] || stack/setup/apt.sh wine64 || true
[[ -x $wine ]] || fail "expected $wine, was none. Install the package wine64"
stack/setup/maven.sh
rm -rf "$root"/{stamp,windows,prefix,pycache}
.venv/bin/python -m stack.windows "$root/windows" || fail "CPython for Windows could not be fetched"
# Not the whole of .venv: a trader's machine has the bridge and no more.
"$(stack/setup/uv.sh)" pip install --quiet --python .venv/bin/python --python-platform x86_64-pc-windows-msvc \
    --python-version 3.13 --only-binary :all: --target "$root/windows/lib/site-packages" \
    --constraint requirements.lock --requirement pyproject.toml --extra bridge \
    colorama hypothesis pytest pytest-timeout >&2 || fail "its packages could not be fetched"

# PYTHONPYCACHEPREFIX: a Python 3.13 of Linux reads the same .pyc files otherwise.
cat >"$python" <<'SH'
#!/usr/bin/env bash
root=$(dirname "$(realpath "$0")")
export WINEPREFIX=$root/prefix WINEARCH=win64 WINEDEBUG=-all
export WINEDLLOVERRIDES="mscoree,mshtml=;ucrtbase=n,b;winedbg.exe=d" PYTHONPYCACHEPREFIX=Z:$root/pycache
unset PYTHONPATH PYTHONHOME
exec /usr/lib/wine/wine64 "${PROGRAM:-$root/windows/python.exe}" "$@"
SH
chmod +x "$python"
# 9>&-: Wine's server lives on for a while, and would hold the lock.
said=$({ PROGRAM=wineboot "$python" -i && PROGRAM=winecfg "$python" -v win10; } </dev/null 9>&- 2>&1 | cat) ||
    fail "Wine does not start: $said"
said=$("$python" -c 'import MetaTrader5, pydantic' </dev/null 9>&- 2>&1 | cat) || fail "it does not start: $said"
echo "$wanted" >"$root/stamp"
echo "$python"
