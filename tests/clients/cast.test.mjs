import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { account, chains, counter, freshAddress, ONE_GWEI, TIMEOUT } from "./devnet.mjs";

// An installed cast serves where npm has none for the platform.
function castBinary() {
  if (process.env.CAST) return process.env.CAST;
  const { resolve } = createRequire(import.meta.url);
  return join(dirname(resolve("@foundry-rs/cast-linux-amd64/package.json")), "bin/cast");
}

const { address, key } = account("cast");
const CAST = castBinary();

async function cast(chain, command, ...args) {
  const { stdout } = await promisify(execFile)(CAST, [command, "--rpc-url", chain.url, ...args]);
  return stdout.trim();
}

const send = async (chain, ...args) => JSON.parse(await cast(chain, "send", "--json", "--private-key", key, ...args));

for (const chain of chains) {
  describe(`cast on ${chain.name}`, TIMEOUT, () => {
    it("reads the chain id, a balance and a block", async () => {
      assert.equal(await cast(chain, "chain-id"), String(chain.id));
      assert.ok(BigInt(await cast(chain, "balance", address)) > 0n);
      const block = JSON.parse(await cast(chain, "block", "--json", "latest"));
      assert.equal(JSON.parse(await cast(chain, "block", "--json", block.hash)).number, block.number);
    });

    it("sends a transaction and reads its receipt", async () => {
      const to = freshAddress("cast", chain);
      const sent = await send(chain, to, "--value", String(ONE_GWEI));
      assert.equal(sent.status, "0x1");
      const receipt = JSON.parse(await cast(chain, "receipt", "--json", sent.transactionHash));
      assert.equal(receipt.blockHash, sent.blockHash);
      assert.equal(receipt.from, address.toLowerCase());
      assert.equal(await cast(chain, "balance", to), String(ONE_GWEI));
    });

    it("deploys a contract, calls it and reads its logs", async () => {
      const messenger = chain.messenger.slice(2).padStart(64, "0");
      const { contractAddress, status } = await send(chain, "--create", counter.bytecode + messenger);
      assert.equal(status, "0x1");
      assert.ok(BigInt(await cast(chain, "estimate", "--from", address, contractAddress, "increment()")) > 21_000n);
      const { blockNumber } = await send(chain, contractAddress, "increment()");
      assert.equal(await cast(chain, "call", contractAddress, "number()(uint256)"), "1");
      const block = String(Number(blockNumber));
      const logs = JSON.parse(
        await cast(chain, "logs", "--json", "--from-block", block, "--to-block", block, "--address", contractAddress,
          "Incremented(uint256,address indexed,bool)"),
      );
      assert.equal(logs.length, 1);
      assert.equal(BigInt(logs[0].topics[1]), BigInt(address));
    });
  });
}
