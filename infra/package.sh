#!/usr/bin/env bash
# Builds the functions for Lambda into target/lambda/<name>/bootstrap, and measures them against their budgets.
#   ARCHITECTURE (arm64 where its target is installed, else x86_64), CARGO_TARGET_DIR (target/ of the repository)
# cargo-lambda and its linker are installed at pinned versions, into a virtual environment.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
venv=$target/lambda-venv
packages='cargo-lambda==1.9.2 ziglang==0.17.1'
functions=(intake contacts audience admin triggers steps jobs wake feedback stats)

if [[ -z ${ARCHITECTURE:-} ]]; then
  if [[ -d $(rustc --print sysroot)/lib/rustlib/aarch64-unknown-linux-gnu/lib ]]; then
    ARCHITECTURE=arm64
  else
    ARCHITECTURE=x86_64
    echo "The target aarch64-unknown-linux-gnu is not installed: building for x86_64. Deploy with Architecture=x86_64."
  fi
fi
case $ARCHITECTURE in
  arm64) flag=--arm64 ;;
  x86_64) flag=--x86-64 ;;
  *) echo "ARCHITECTURE is arm64 or x86_64" >&2; exit 2 ;;
esac

if [[ $(cat "$venv/installed.txt" 2>/dev/null) != "$packages" ]]; then
  python3 -m venv --clear "$venv"
  # shellcheck disable=SC2086 # a list of packages
  "$venv/bin/pip" install --quiet --disable-pip-version-check $packages
  echo "$packages" >"$venv/installed.txt"
fi

chosen=()
built=()
for name in "${functions[@]}"; do
  chosen+=(--package "flusso-$name")
  built+=("$target/lambda/$name/bootstrap")
done
# What lies there may be of another build, or of another processor.
rm -rf "$target/lambda"
# At a fixed place in memory nothing has to be moved at each start; and see no-unwinding.ld. Together a fifth of the size.
export RUSTFLAGS="${RUSTFLAGS:-} -Clink-arg=-no-pie -Clink-arg=-Wl,-T,$PWD/infra/no-unwinding.ld"
# Without the check: it would install a missing target into the caller's toolchain.
PATH="$(cd "$venv/bin" && pwd):$PATH" cargo lambda build --profile function --locked --skip-target-check \
  "$flag" "${chosen[@]}" --bins

python3 -m unittest discover --quiet --start-directory infra/local --pattern test_runtime.py
python3 infra/local/runtime.py "${built[@]}"
