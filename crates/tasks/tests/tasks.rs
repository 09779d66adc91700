//! The first task that ends unasked decides.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{error::Error, future::pending, io};

use bough_tasks::{Reason, StopSignal, Tasks, blocking, keep_panics};
use tokio::sync::oneshot;

type Never = Result<(), io::Error>;

async fn until_asked(mut stop: StopSignal) -> Never {
    stop.asked().await;
    Ok(())
}

#[tokio::test]
async fn an_error_is_the_reason() {
    let mut tasks = Tasks::new();
    tasks.spawn("idler", until_asked(tasks.stop_signal()));
    tasks.spawn("worker", async { Err(io::Error::other("no space left")) });
    let end = tasks.ended().await;
    assert_eq!(end.to_string(), "the worker ended: no space left");
    assert!(matches!(*end.reason, Reason::Failed(_)));
    assert_eq!(end.source().unwrap().to_string(), "no space left");
    // It stays what it was, and the others stop when they are asked.
    assert_eq!(tasks.ended().await.to_string(), end.to_string());
    tasks.stop().await;
}

#[tokio::test]
async fn a_return_nobody_asked_for_is_an_end() {
    let mut tasks = Tasks::new();
    tasks.spawn("worker", async { Never::Ok(()) });
    let end = tasks.ended().await;
    assert!(matches!(*end.reason, Reason::Returned), "{end}");
    assert_eq!(end.task, "worker");
}

#[tokio::test]
async fn the_first_end_decides() {
    let mut tasks = Tasks::new();
    let (first_ended, seen) = oneshot::channel::<()>();
    tasks.spawn("first", async { Err(io::Error::other("first")) });
    tasks.spawn("second", async {
        seen.await.unwrap();
        Err(io::Error::other("second"))
    });
    assert_eq!(tasks.ended().await.task, "first");
    first_ended.send(()).unwrap();
    tasks.stop().await;
}

#[tokio::test]
async fn what_is_asked_to_stop_has_not_ended() {
    let mut tasks = Tasks::new();
    let (stopped, was_stopped) = oneshot::channel();
    let mut stop = tasks.stop_signal();
    tasks.spawn("worker", async move {
        stop.asked().await;
        stopped.send(()).unwrap();
        Never::Ok(())
    });
    let other = Tasks::new();
    tokio::select! {
        biased;
        end = tasks.ended() => panic!("{end}"),
        end = other.ended() => panic!("{end}"),
        () = std::future::ready(()) => {}
    }
    tasks.stop().await;
    was_stopped.await.unwrap();
}

/// Tells when it is dropped.
struct Held(Option<oneshot::Sender<()>>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.take().unwrap().send(()).unwrap();
    }
}

#[tokio::test]
async fn aborted_and_dropped_tasks_are_gone() {
    for abort in [true, false] {
        let mut tasks = Tasks::new();
        let (dropped, mut gone) = oneshot::channel();
        let (started, has_started) = oneshot::channel();
        tasks.spawn("worker", async {
            let _held = Held(Some(dropped));
            started.send(()).unwrap();
            pending::<Never>().await
        });
        has_started.await.unwrap();
        if abort {
            tasks.abort().await;
            gone.try_recv().unwrap();
        } else {
            drop(tasks);
            gone.await.unwrap();
        }
    }
}

// The hook is the process's: all that is about it is one test.
#[tokio::test]
async fn a_panic_is_one_line_with_its_place() {
    let mut before = Tasks::new();
    before.spawn("worker", async { panic!("of\n  two lines") as Never });
    let end = before.ended().await;
    assert_eq!(end.to_string(), "the worker ended: it panicked: of two lines");

    keep_panics();
    let mut here = Tasks::new();
    here.spawn("worker", async { panic!("{} and {}", 1, 2) as Never });
    let mut elsewhere = Tasks::new();
    elsewhere.spawn("thinker", async { blocking(|| panic!("on a thread") as Never).await });
    let (here, elsewhere) = (here.ended().await, elsewhere.ended().await);
    for (end, said) in [
        (here, "the worker ended: it panicked: 1 and 2 at crates/tasks/tests/tasks.rs:"),
        (elsewhere, "the thinker ended: it panicked: on a thread at crates/tasks/tests/tasks.rs:"),
    ] {
        assert!(end.to_string().starts_with(said), "{end}");
        assert!(matches!(*end.reason, Reason::Panicked { .. }));
    }
}

#[tokio::test]
async fn blocking_work_gives_what_it_made() {
    assert_eq!(blocking(|| 6 * 7).await, 42);
}
