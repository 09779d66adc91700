use super::*;

#[test]
fn missing_parts() {
    let mut forged = empty(Fork::Amsterdam);
    let root = chain(Fork::Amsterdam).world().root();
    forged.witness.state.retain(|node| keccak256(node) != root);
    assert_eq!(state_error(&forged), StateError::Trie(MptError::Missing(root)));

    let code = Code::new().ops(&[op::STOP]);
    let hash = keccak256(code.build());
    let mut forged = running(code);
    forged.witness.codes.retain(|code| keccak256(code) != hash);
    assert_eq!(state_error(&forged), StateError::MissingCode(hash));

    const BLOCKHASH: u8 = 0x40;
    let forged = running(Code::new().push(0).ops(&[BLOCKHASH]));
    assert_eq!(state_error(&forged), StateError::MissingAncestor(0));
    let parent = running(Code::new().push(1).ops(&[BLOCKHASH]));
    assert!(matches!(block_error(&parent), BlockError::GasUsed { .. }));
}

#[test]
fn malformed_nodes() {
    let [branch, crowded] = [17, 18].map(|items| {
        let mut raw = vec![0x80; 1 + items];
        raw[0] = 0xc0 + u8::try_from(items).unwrap();
        raw
    });
    let nodes: [(&[u8], Malformed); 14] = [
        (&[0xc1], Malformed::Rlp),
        (&[0xb8, 1, 0], Malformed::Rlp),
        (&[0xc0, 0x80], Malformed::TrailingBytes),
        (&[0x01], Malformed::NotAList),
        (&[0xc0], Malformed::ItemCount),
        (&[0xc3, 0x20, 1, 1], Malformed::ItemCount),
        (&crowded, Malformed::ItemCount),
        (&[0xc2, 0x80, 1], Malformed::Path),
        (&[0xc2, 0xc0, 1], Malformed::Path),
        (&[0xc2, 0x20, 0xc0], Malformed::LeafValue),
        (&[0xc2, 0x00, 0xc0], Malformed::EmptyExtensionPath),
        (&[0xc2, 0x11, 0x80], Malformed::ExtensionChild),
        (&[0xc2, 0x11, 1], Malformed::ChildLength(1)),
        (&branch, Malformed::BranchOccupancy),
    ];
    for (raw, reason) in nodes {
        let hash = keccak256(raw);
        let parent = Header { state_root: hash, ..chain(Fork::Amsterdam).parent_header() };
        let mut forged = after(empty(Fork::Amsterdam), &parent);
        forged.witness.state.push(Bytes::copy_from_slice(raw));
        let expected = StateError::Trie(MptError::Malformed { hash, reason });
        assert_eq!(state_error(&forged), expected, "{raw:02x?}");
    }
}

#[test]
fn malformed_leaves() {
    let account = alloy_rlp::encode(TrieAccount::default());
    let longer = [account.as_slice(), &[0x80]].concat();
    for value in [&[0xc0], [0x80].as_slice(), &[], &account[1..], &longer] {
        let world = World::hand_made(&leaf(keccak256(BEACON_ROOTS_ADDRESS), value), &[]);
        let forge = Forge::on(Fork::Amsterdam, world);
        let forged = block_of(Fork::Amsterdam, &forge, Vec::new());
        let expected = StateError::MalformedAccount(BEACON_ROOTS_ADDRESS);
        assert_eq!(state_error(&forged), expected, "{value:02x?}");
    }

    let slot = U256::from(7);
    let wide = [[0xa1].as_slice(), &[1; 33]].concat();
    let code = Code::new().push_word(slot).ops(&[op::SLOAD]).build();
    for value in [&[0xc0], [].as_slice(), &[1, 1], &[0x81, 1], &[0x82, 0, 1], &wide] {
        let storage = Some(leaf(keccak256(slot.to_be_bytes::<32>()), value));
        let contract = Account { storage, ..Account::contract(WORKER, code.clone()) };
        let expected = StateError::MalformedSlot { address: WORKER, slot };
        assert_eq!(state_error(&calling(contract)), expected, "{value:02x?}");
    }
}

#[test]
fn too_much_to_write() {
    const DUP2: u8 = 0x81;
    let write = Code::new().push(7).ops(&[DUP2, op::SSTORE]).push(1).ops(&[op::ADD]);
    let code = Code::new().push(1).until(50_000, &write).build();
    let storage = Some(shared_children(64));
    let forged = calling(Account { storage, ..Account::contract(WORKER, code) }).claiming(GAS);
    let bytes = forged.bytes().unwrap().len();
    let prices = Prices::at(Fork::Amsterdam);
    let most = prices.keccak_blocks_for(prices.for_bytes(bytes) + GAS);
    assert_eq!(state_error(&forged), StateError::WritesTooMuch { most });
}
