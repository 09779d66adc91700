#!/bin/sh
# The contracts' own tests. Needs `npm ci` before. Arguments are passed on to `forge test`.
set -eu
cd "$(dirname "$0")"
exec "${FORGE:-node_modules/.bin/forge}" test "$@"
