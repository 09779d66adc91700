use super::*;

#[test]
fn headers() {
    let forge = chain(Fork::Amsterdam).with_ancestors(2);
    let forged = forge.block(&[]).unwrap();
    run(&forged).unwrap();
    let error = |change: &dyn Fn(&mut Vec<Bytes>)| {
        let mut forged = forged.clone();
        change(&mut forged.witness.headers);
        refused(run(&forged))
    };
    let [first, second]: [B256; 2] =
        std::array::from_fn(|at| keccak256(&forged.witness.headers[at]));
    let got = forge.parent_header().parent_hash;
    assert_eq!(got, second);
    let gap = WitnessError::NotContiguous { at: 1, got, expected: first };
    assert_eq!(error(&|headers| drop(headers.remove(1))), gap.into());
    let swapped = WitnessError::NotContiguous { at: 1, got: B256::ZERO, expected: second };
    assert_eq!(error(&|headers| headers.swap(0, 1)), swapped.into());
    let longer = error(&|headers| headers[1] = [headers[1].as_ref(), &[0x80]].concat().into());
    assert_eq!(longer, WitnessError::MalformedHeader(1).into());
}

#[test]
fn a_header_of_the_next_fork() {
    let parent = chain(Fork::Amsterdam).parent_header();
    let forged = after(empty(Fork::Osaka), &parent);
    assert_eq!(refused(run(&forged)), WitnessError::MalformedHeader(0).into());
}
