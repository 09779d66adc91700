use super::*;

#[test]
fn malformed_transactions() {
    for fork in FORKS {
        let valid: Bytes = signed(included()).encoded_2718().into();
        let legacy = TxLegacy { to: TxKind::Call(WORKER), ..TxLegacy::default() };
        let legacy = signed(legacy).encoded_2718();
        let string = [&[0xb8, u8::try_from(valid.len()).unwrap()], valid.as_ref()].concat();
        for bad in [
            vec![0x00],
            vec![0x02],
            vec![0x05, 0xc0],
            vec![0x7f],
            vec![0xc0],
            valid[..valid.len() - 1].to_vec(),
            [valid.as_ref(), &[0x80]].concat(),
            [&[0x00], legacy.as_slice()].concat(),
            string,
        ] {
            let input = input_of(fork, &[valid.clone(), bad.clone().into()]);
            let error = payload_error(fork, &input);
            assert_eq!(error, PayloadError::MalformedTransaction(1), "{bad:02x?}");
        }
    }
}

#[test]
fn senders() {
    let order = U256::from_be_bytes(
        b256!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").0,
    );
    let valid = signed(included());
    let (r, s) = (valid.signature().r(), valid.signature().s());
    let parity = valid.signature().v();
    for signature in [
        Signature::new(U256::ZERO, s, parity),
        Signature::new(r, U256::ZERO, parity),
        Signature::new(order, s, parity),
        Signature::new(U256::MAX, s, parity),
        // The same signature as far as the curve goes, with the high s of the two (EIP-2).
        Signature::new(r, order - s, !parity),
    ] {
        let bad: Transaction = included().into_signed(signature).into();
        let raw: [Bytes; 2] = [&valid, &bad].map(|tx| tx.encoded_2718().into());
        let expected = PayloadError::Sender { index: 1, error: TransactionError::Signature };
        assert_eq!(payload_error(Fork::Amsterdam, &input_of(Fork::Amsterdam, &raw)), expected);
    }
}

#[test]
fn hashes() {
    for fork in FORKS {
        let forged = empty(fork);
        let mut input = forged.input();
        input.new_payload_request.versioned_hashes.push(B256::with_last_byte(1));
        assert_eq!(payload_error(fork, &input), PayloadError::VersionedHashes);
        let mut input = forged.input();
        input.new_payload_request.execution_payload.block_hash = B256::ZERO;
        let expected = forged.header.hash_slow();
        let error = PayloadError::BlockHash { got: B256::ZERO, expected };
        assert_eq!(payload_error(fork, &input), error);
    }
}
