import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPublicClient, createWalletClient, defineChain, encodeFunctionData, getAddress, http, webSocket } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { account, chains, counter, freshAddress, ONE_GWEI, TIMEOUT, webSocketUrl } from "./devnet.mjs";

const signer = privateKeyToAccount(account("viem").key);

for (const { id, url, ...chain } of chains) {
  const definition = defineChain({
    id,
    name: chain.name,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const wallet = createWalletClient({ chain: definition, transport: http(), account: signer });
  const reader = createPublicClient({ chain: definition, transport: http(), pollingInterval: 100, cacheTime: 0 });
  const mined = (hash) => reader.waitForTransactionReceipt({ hash, timeout: 30_000 });

  describe(`viem on ${chain.name}`, TIMEOUT, () => {
    it("reads the chain id, a balance and a block", async () => {
      assert.equal(await reader.getChainId(), id);
      assert.ok((await reader.getBalance({ address: signer.address })) > 0n);
      const block = await reader.getBlock();
      assert.equal((await reader.getBlock({ blockHash: block.hash })).number, block.number);
    });

    it("sends a transaction and reads its receipt", async () => {
      const to = freshAddress("viem", chain);
      const hash = await wallet.sendTransaction({ to, value: ONE_GWEI });
      const receipt = await mined(hash);
      assert.equal(receipt.status, "success");
      assert.equal(receipt.transactionHash, hash);
      const block = await reader.getBlock({ blockHash: receipt.blockHash });
      assert.ok(block.transactions.includes(hash));
      assert.equal(await reader.getBalance({ address: to }), ONE_GWEI);
    });

    it("deploys a contract, calls it and reads its logs", async () => {
      const { abi, bytecode } = counter;
      const args = [chain.messenger];
      const { contractAddress } = await mined(await wallet.deployContract({ abi, bytecode, args }));
      const call = { address: contractAddress, abi, functionName: "increment" };
      const data = encodeFunctionData({ abi, functionName: "increment" });
      assert.ok((await reader.estimateGas({ account: signer, to: contractAddress, data })) > 21_000n);
      const { blockHash } = await mined(await wallet.writeContract(call));
      assert.equal(await reader.readContract({ ...call, functionName: "number" }), 1n);
      const [log, ...others] = await reader.getContractEvents({ address: contractAddress, abi, blockHash });
      assert.equal(others.length, 0);
      assert.deepEqual(log.args, { number: 1n, sender: getAddress(signer.address), crossChain: false });
    });

    it("is told of new blocks over WebSocket", async () => {
      const client = createPublicClient({ chain: definition, transport: webSocket(webSocketUrl({ url })) });
      const numbers = await new Promise((resolve, reject) => {
        const seen = [];
        const unwatch = client.watchBlocks({
          onBlock: ({ number }) => seen.push(number) === 2 && (unwatch(), resolve(seen)),
          onError: reject,
        });
      });
      assert.ok(numbers[1] > numbers[0]);
      (await client.transport.getRpcClient()).close();
    });
  });
}
