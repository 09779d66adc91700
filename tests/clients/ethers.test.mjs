import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { ContractFactory, getAddress, JsonRpcProvider, Wallet, WebSocketProvider } from "ethers";
import { account, chains, counter, freshAddress, ONE_GWEI, TIMEOUT, webSocketUrl } from "./devnet.mjs";

const CONFIRMATIONS = 1;
const WAIT = 30_000;

for (const chain of chains) {
  const provider = new JsonRpcProvider(chain.url, undefined, { pollingInterval: 100, cacheTimeout: -1 });
  const wallet = new Wallet(account("ethers").key, provider);

  describe(`ethers on ${chain.name}`, TIMEOUT, () => {
    after(() => provider.destroy());

    it("reads the chain id, a balance and a block", async () => {
      assert.equal((await provider.getNetwork()).chainId, BigInt(chain.id));
      assert.ok((await provider.getBalance(wallet.address)) > 0n);
      const block = await provider.getBlock("latest");
      assert.equal((await provider.getBlock(block.hash)).number, block.number);
    });

    it("sends a transaction and reads its receipt", async () => {
      const to = freshAddress("ethers", chain);
      const sent = await wallet.sendTransaction({ to, value: ONE_GWEI });
      const receipt = await sent.wait(CONFIRMATIONS, WAIT);
      assert.equal(receipt.status, 1);
      assert.equal(receipt.hash, sent.hash);
      const block = await provider.getBlock(receipt.blockHash);
      assert.ok(block.transactions.includes(sent.hash));
      assert.equal(await provider.getBalance(to), ONE_GWEI);
    });

    it("deploys a contract, calls it and reads its logs", async () => {
      const factory = new ContractFactory(counter.abi, counter.bytecode, wallet);
      const contract = await factory.deploy(chain.messenger);
      await contract.deploymentTransaction().wait(CONFIRMATIONS, WAIT);
      assert.ok((await contract.increment.estimateGas()) > 21_000n);
      const { blockNumber } = await (await contract.increment()).wait(CONFIRMATIONS, WAIT);
      assert.equal(await contract.number(), 1n);
      const [log, ...others] = await contract.queryFilter("Incremented", blockNumber, blockNumber);
      assert.equal(others.length, 0);
      assert.deepEqual([...log.args], [1n, getAddress(wallet.address), false]);
    });

    it("is told of new blocks over WebSocket", async () => {
      const socket = new WebSocketProvider(webSocketUrl(chain));
      const numbers = await new Promise((resolve) => {
        const seen = [];
        socket.on("block", (number) => seen.push(number) === 2 && resolve(seen));
      });
      assert.ok(numbers[1] > numbers[0]);
      await socket.destroy();
    });
  });
}
