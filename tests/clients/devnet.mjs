// The devnet the tests run against: what `bough dev --json` printed, which ./run hands on.
import { readFileSync } from "node:fs";

const printed = process.env.BOUGH_DEVNET;
if (!printed) throw new Error("BOUGH_DEVNET is not set: start the tests with ./run");
const devnet = JSON.parse(printed);

// Each client has an account of its own, so that they can run side by side.
const ACCOUNT_OF = { cast: 1, viem: 2, ethers: 3 };

export const account = (client) => devnet.accounts[ACCOUNT_OF[client]];

export const chains = [
  { name: "L1", url: devnet.l1_url, id: devnet.l1_chain_id, messenger: devnet.rollup },
  { name: "L2", url: devnet.l2_url, id: devnet.l2_chain_id, messenger: devnet.l2_messenger },
];

export const webSocketUrl = ({ url }) => url.replace(/^http/, "ws");

const artifact = new URL("../../contracts/artifacts/Counter.json", import.meta.url);
export const counter = JSON.parse(readFileSync(artifact, "utf8"));

// An address nobody has used, another for each client and chain.
export const freshAddress = (client, chain) =>
  "0x" + Buffer.from(`bough ${client} ${chain.name}`.padEnd(20)).toString("hex");

export const ONE_GWEI = 1_000_000_000n;
export const TIMEOUT = { timeout: 60_000 };
