"""web3.py against the devnet that ./run started."""

import json
import os
from pathlib import Path

import pytest
from web3 import Web3

# An account of its own: the other clients run with others.
ACCOUNT = 4
ONE_GWEI = 10**9
COUNTER = json.loads(
    (Path(__file__).parent / "../../contracts/artifacts/Counter.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def devnet():
    printed = os.environ.get("BOUGH_DEVNET")
    assert printed, "BOUGH_DEVNET is not set: start the tests with ./run"
    return json.loads(printed)


@pytest.fixture(scope="module", params=["L1", "L2"])
def chain(request, devnet):
    """Name, client, chain id and messenger of a chain."""
    prefix = request.param.lower()
    messenger = devnet["rollup"] if prefix == "l1" else devnet["l2_messenger"]
    client = Web3(Web3.HTTPProvider(devnet[f"{prefix}_url"], request_kwargs={"timeout": 30}))
    return request.param, client, devnet[f"{prefix}_chain_id"], messenger


@pytest.fixture(scope="module")
def account(devnet):
    return Web3().eth.account.from_key(devnet["accounts"][ACCOUNT]["key"])


def send(client, account, chain_id, transaction):
    """Fills in what a wallet fills in, signs, sends and waits for the receipt."""
    tip = client.eth.max_priority_fee
    base_fee = client.eth.get_block("latest")["baseFeePerGas"]
    transaction = {
        **transaction,
        "from": account.address,
        "chainId": chain_id,
        "nonce": client.eth.get_transaction_count(account.address),
        "maxPriorityFeePerGas": tip,
        "maxFeePerGas": 2 * base_fee + tip,
    }
    transaction["gas"] = client.eth.estimate_gas(transaction)
    signed = account.sign_transaction(transaction)
    sent = client.eth.send_raw_transaction(signed.raw_transaction)
    return client.eth.wait_for_transaction_receipt(sent, timeout=30, poll_latency=0.1)


def test_reads_the_chain_id_a_balance_and_a_block(chain, account):
    _, client, chain_id, _ = chain
    assert client.eth.chain_id == chain_id
    assert client.eth.get_balance(account.address) > 0
    block = client.eth.get_block("latest")
    assert client.eth.get_block(block["hash"])["number"] == block["number"]


def test_sends_a_transaction_and_reads_its_receipt(chain, account):
    name, client, chain_id, _ = chain
    to = Web3.to_checksum_address(f"bough web3 {name}".ljust(20).encode())
    receipt = send(client, account, chain_id, {"to": to, "value": ONE_GWEI})
    assert receipt["status"] == 1
    block = client.eth.get_block(receipt["blockHash"])
    assert receipt["transactionHash"] in block["transactions"]
    assert client.eth.get_balance(to) == ONE_GWEI


def test_deploys_a_contract_calls_it_and_reads_its_logs(chain, account):
    _, client, chain_id, messenger = chain
    factory = client.eth.contract(abi=COUNTER["abi"], bytecode=COUNTER["bytecode"])
    constructor = factory.constructor(Web3.to_checksum_address(messenger))
    deployed = send(client, account, chain_id, {"data": constructor.data_in_transaction})
    contract = client.eth.contract(address=deployed["contractAddress"], abi=COUNTER["abi"])
    assert contract.functions.increment().estimate_gas({"from": account.address}) > 21_000
    call = {"to": contract.address, "data": contract.encode_abi("increment")}
    receipt = send(client, account, chain_id, call)
    assert contract.functions.number().call() == 1
    (log,) = contract.events.Incremented.get_logs(block_hash=receipt["blockHash"])
    assert dict(log["args"]) == {"number": 1, "sender": account.address, "crossChain": False}
