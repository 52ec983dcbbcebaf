#!/usr/bin/env bash
# Runs the tests of the ports, and those of the programs beside this one, against LocalStack or whatever AWS_ENDPOINT_URL
# names. Without that variable LocalStack 4.14.0 is started here on a free port, without Docker, and stopped afterwards.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
python=$(infra/localstack/venv.sh "$target/localstack-venv")

# Any answer will do: what is asked is whether somebody is there, before the tests are built. The first answer of
# LocalStack takes its time.
answers() {
  "$python" - "$1" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=60).close()
except urllib.error.HTTPError:
    pass
except (OSError, ValueError) as error:
    sys.exit(f"{sys.argv[1]} does not answer: {error}")
PYTHON
}

if [[ -z ${AWS_ENDPOINT_URL:-} ]]; then
  make --no-print-directory tools
  LOCALSTACK_PORT=$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
  # Beside one that the caller may have up.
  TARGET=$(mktemp -d)
  export LOCALSTACK_PORT TARGET
  export DYNOXIDE=$PWD/target/tools/bin/dynoxide VENV=$target/localstack-venv
  trap 'infra/localstack/down.sh; rm -rf "$TARGET"' EXIT
  infra/localstack/up.sh
  AWS_ENDPOINT_URL=http://127.0.0.1:$LOCALSTACK_PORT
fi

# No account of the caller is ever within reach; an address of a single service stays, if one was given.
for name in $(compgen -e | grep '^AWS_' | grep -v '^AWS_ENDPOINT_URL' || true); do unset "$name"; done
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
answers "$AWS_ENDPOINT_URL"

status=0
# With the features that `make test` has: what is built for one is built for the other.
FLUSSO_TEST_ENDPOINT=$AWS_ENDPOINT_URL cargo test --workspace --all-features --test services --test dynamo --no-fail-fast || status=$?
"$python" -m unittest discover --start-directory infra/localstack || status=$?
exit "$status"
