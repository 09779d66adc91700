// Writes artifacts/*.json from Forge's out/: what the Rust crate reads, and no more, in one order.
const fs = require("fs");
const path = require("path");

const ROOT = path.join(__dirname, "..");
const CONTRACTS = ["NativeRollup", "L2Messenger", "Counter", "SszInputHarness"];

// Ids of syntax-tree nodes change with what else is compiled.
const withoutIds = (text) => text.replace(/(t_(?:struct|enum|contract|userDefinedValueType)\([^()]*\))\d+/g, "$1");

function storageLayout({ storage, types }) {
  const described = Object.entries(types ?? {}).map(([name, type]) => [
    withoutIds(name),
    { ...type, ...(type.members && { members: type.members.map(variable) }), ...references(type) },
  ]);
  return { storage: storage.map(variable), types: Object.fromEntries(described) };
}

const variable = ({ label, offset, slot, type }) => ({ label, offset, slot, type: withoutIds(type) });

const references = ({ base, key, value }) =>
  Object.fromEntries(Object.entries({ base, key, value }).flatMap(([k, v]) => (v ? [[k, withoutIds(v)]] : [])));

const sorted = (value) =>
  Array.isArray(value)
    ? value.map(sorted)
    : value && typeof value === "object"
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
      : value;

for (const name of CONTRACTS) {
  const out = JSON.parse(fs.readFileSync(path.join(ROOT, "out", `${name}.sol`, `${name}.json`), "utf8"));
  const artifact = {
    abi: out.abi,
    bytecode: out.bytecode.object,
    deployedBytecode: out.deployedBytecode.object,
    storageLayout: storageLayout(out.storageLayout),
  };
  fs.writeFileSync(path.join(ROOT, "artifacts", `${name}.json`), JSON.stringify(sorted(artifact), null, 1) + "\n");
}
