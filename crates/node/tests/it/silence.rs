//! An L1 that does not answer, or will not: waited for as long as it takes.

use std::time::Duration;

use crate::{
    fake_l1::Reply,
    support::{Case, RETRIES},
};

#[tokio::test(flavor = "multi_thread")]
async fn is_waited_for() {
    let replies: [fn() -> Reply; 4] = [
        || Reply::Nothing,
        || Reply::Close,
        || Reply::Status("502 Bad Gateway"),
        || Reply::Error("later"),
    ];
    let short = Duration::from_millis(250);
    let case = Case::with(|config| bough_node::NodeConfig { l1_timeout: short, ..config }).await;
    for reply in replies {
        let before = case.fake.changed();
        case.fake.change(move |_, _, _| Some(reply()));
        case.fake.until_changed(before + 2 * RETRIES).await;
        case.fake.heal();
        case.goes_on().await;
    }
    case.stop().await;
}
