#!/bin/sh
# Compiles the contracts and writes the artifacts that the Rust crate embeds. Needs `npm ci` before.
set -eu
cd "$(dirname "$0")"
"${FORGE:-node_modules/.bin/forge}" build --force --skip '*.t.sol'
node scripts/artifacts.js
