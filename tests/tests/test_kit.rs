//! Given events, when a decision, then events, an error or nothing; and what is said when it is not so.

mod account;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use account::{Account, Counted, Deposited, Opened, Refusal, Tally, Withdrawn, noted, opened};
use es_core::Events;
use es_core::testing::{given, given_nothing};

#[test]
fn a_decision_records_its_events() {
    given((opened("Ada", 500), Withdrawn { amount: 100 }))
        .when(|account: &Account| account.withdraw(50))
        .then(Withdrawn { amount: 50 })
        .then_state(|account| assert_eq!(account.balance, 350))
        .then_reconstructs();
}

#[test]
fn a_decision_may_record_several_events_or_none() {
    given(opened("Ada", 500))
        .when(|account: &Account| Ok::<_, Refusal>((account.deposit(5)?, account.withdraw(7)?)))
        .then((Some(Deposited { amount: 5 }), None::<Deposited>, [Withdrawn { amount: 7 }]))
        .then_state(|account| assert_eq!(account.balance, 498));
}

#[test]
fn the_state_is_that_of_the_events_and_the_decision_sees_it() {
    given([Deposited { amount: 1 }; 0].to_vec())
        .when_creating(|| Account::open("Ada", 100))
        .then_state(|account| assert_eq!((account.owner.as_str(), account.balance), ("Ada", 100)));
    given::<Account>((opened("Ada", 500), Withdrawn { amount: 100 }))
        .then_state(|account| assert_eq!(account.versions, [1, 2]))
        .then_reconstructs();
}

#[test]
fn a_beginning_is_decided_without_a_state() {
    given_nothing()
        .when_creating(|| Account::open("Ada", 100))
        .then(Opened { owner: "Ada".into(), deposit: 100 })
        .then_reconstructs();
    given_nothing::<Account>()
        .when_creating(|| Account::open("Ada", 99))
        .then_error(Refusal::MinimumDeposit { deposit: 99 });
}

#[test]
fn an_aggregate_with_a_state_of_its_own_is_decided_on_without_events() {
    given_nothing()
        .when(|tally: &Tally| Ok::<_, ()>(Counted { by: tally.total + 1 }))
        .then(Counted { by: 1 });
}

#[test]
fn a_decision_is_refused_with_its_error() {
    given(opened("Ada", 100))
        .when(|account: &Account| account.withdraw(101))
        .then_error(Refusal::InsufficientFunds { balance: 100, amount: 101 });
}

#[test]
fn a_decision_is_accepted_with_nothing_to_record() {
    given(opened("Ada", 100))
        .when(|account: &Account| account.deposit(0))
        .then_nothing()
        .then_state(|account| assert_eq!(account.balance, 100));
}

#[test]
fn other_events_are_shown_as_a_difference() {
    let message = failure(|| {
        given(opened("Ada", 500))
            .when(|account: &Account| Ok::<_, Refusal>((noted("same"), account.withdraw(60)?)))
            .then((noted("same"), Withdrawn { amount: 50 }));
    });
    let wanted = "the decision recorded other events (- expected, + recorded):
  \"noted\" v1
    {
      \"text\": \"same\"
    }
  \"withdrawn\" v1
    {
-     \"amount\": 50
+     \"amount\": 60
    }
";
    assert_eq!(message, wanted);
}

#[test]
fn events_that_are_missing_additional_or_misordered_are_shown() {
    let (five, six) = (Deposited { amount: 5 }, Deposited { amount: 6 });
    let decide = |recorded: Vec<Deposited>, expected: Vec<Deposited>| {
        failure(|| {
            given(opened("Ada", 500)).when(|_: &Account| Ok::<_, ()>(recorded)).then(expected);
        })
    };
    let missing = decide(vec![five.clone()], vec![five.clone(), six.clone()]);
    assert!(
        missing.contains("- \"deposited\" v1\n-   {\n-     \"amount\": 6\n-   }\n"),
        "{missing}"
    );
    let additional = decide(vec![five.clone(), six.clone()], vec![five.clone()]);
    assert!(
        additional.contains("+ \"deposited\" v1\n+   {\n+     \"amount\": 6\n+   }\n"),
        "{additional}"
    );
    let none = decide(Vec::new(), vec![five.clone()]);
    assert!(none.contains("- \"deposited\" v1\n"), "{none}");
    decide(vec![six.clone(), five.clone()], vec![five, six]);
}

#[test]
fn events_of_one_shape_and_different_names_differ() {
    let message = failure(|| {
        given(opened("Ada", 500))
            .when(|account: &Account| account.withdraw(5))
            .then(Deposited { amount: 5 });
    });
    assert!(message.contains("- \"deposited\" v1\n+ \"withdrawn\" v1\n"), "{message}");
}

#[test]
fn a_refusal_in_place_of_events_is_shown_with_both() {
    let decided = || given(opened("Ada", 100)).when(|account: &Account| account.withdraw(101));
    let refusal =
        "the decision was refused with InsufficientFunds { balance: 100, amount: 101 }, but ";
    let message = failure(|| {
        decided().then(Withdrawn { amount: 101 });
    });
    let wanted = "these events were expected:\n\"withdrawn\" v1\n  {\n    \"amount\": 101\n  }\n";
    assert_eq!(message, format!("{refusal}{wanted}"));
    let message = failure(|| {
        decided().then_nothing();
    });
    assert_eq!(message, format!("{refusal}nothing to record was expected"));
    let message = failure(|| {
        decided().then_state(|_| ());
    });
    assert_eq!(message, format!("{refusal}a new state was expected"));
}

#[test]
fn another_error_is_shown_as_a_difference() {
    let message = failure(|| {
        given(opened("Ada", 100))
            .when(|account: &Account| account.withdraw(101))
            .then_error(Refusal::InsufficientFunds { balance: 90, amount: 101 });
    });
    assert!(message.starts_with("the decision was refused with another error"), "{message}");
    assert!(
        message.contains("-     balance: 90,\n+     balance: 100,\n      amount: 101,\n"),
        "{message}"
    );
}

#[test]
fn events_in_place_of_an_error_or_of_nothing_are_shown() {
    let decided = || given(opened("Ada", 100)).when(|account: &Account| account.withdraw(7));
    let message =
        failure(|| decided().then_error(Refusal::InsufficientFunds { balance: 1, amount: 7 }));
    let event = "\"withdrawn\" v1\n  {\n    \"amount\": 7\n  }\n";
    assert_eq!(
        message,
        format!(
            "the error InsufficientFunds {{ balance: 1, amount: 7 }} was expected, but the decision recorded:\n{event}"
        )
    );
    let message = failure(|| {
        decided().then_nothing();
    });
    let nothing = "nothing to record was expected, but the decision recorded:\n";
    assert_eq!(message, format!("{nothing}{event}"));
    let message = failure(|| {
        given(opened("Ada", 100))
            .when(|account: &Account| account.deposit(0))
            .then_error(Refusal::MinimumDeposit { deposit: 0 });
    });
    assert!(message.ends_with("the decision was accepted with nothing to record"), "{message}");
}

#[test]
fn events_that_do_not_fit_are_named() {
    let message = failure(|| {
        let _ = given::<Account>((opened("Ada", 100), opened("Ben", 100)));
    });
    assert!(
        message.starts_with("the given events do not make a stream of `account`: "),
        "{message}"
    );
    assert!(
        message.ends_with(
            "event `opened` begins a stream of `account`, but this one has begun already"
        ),
        "{message}"
    );

    let message = failure(|| {
        let _ = given(opened("Ada", 100)).when(|_: &Account| Account::open("Ben", 100));
    });
    assert!(message.contains("cannot record what was decided, [\"opened\"]"), "{message}");

    let message = failure(|| {
        let _ = given_nothing().when_creating(|| Ok::<_, ()>(Deposited { amount: 5 }));
    });
    assert!(message.ends_with("event `deposited` cannot begin a stream of `account`"), "{message}");

    let message = failure(|| {
        let _ = given((opened("Ada", 100), noted("nul \0")));
    });
    assert!(message.contains("event `noted` cannot be written: the JSON holds a NUL"), "{message}");

    let message = failure(|| {
        given(opened("Ada", 100)).when(|_: &Account| Ok::<_, ()>(noted("a"))).then(noted("\0"));
    });
    assert!(message.starts_with("an expected event cannot be written: "), "{message}");
}

#[test]
fn a_decision_without_a_state_and_a_beginning_with_one_are_explained() {
    let message = failure(|| {
        let _ = given_nothing().when(|account: &Account| account.withdraw(1));
    });
    assert!(message.contains("`given_nothing().when_creating(…)`"), "{message}");
    let message = failure(|| {
        let _ = given(opened("Ada", 100)).when_creating(|| Account::open("Ada", 100));
    });
    assert!(message.contains("the stream of `account` exists"), "{message}");
    let message = failure(|| {
        given_nothing::<Account>().then_state(|_| ());
    });
    assert_eq!(message, "there is no state: no event has begun a stream of `account`");
}

#[test]
fn what_is_lost_on_the_way_through_json_is_shown() {
    let lossy = account::Noted { text: "a".into(), private: 7 };
    let message = failure(|| {
        given::<Account>((opened("Ada", 100), lossy.clone()))
            .then_state(|_| ())
            .then_reconstructs();
    });
    assert!(message.contains("-                 7,\n+                 0,\n"), "{message}");
    // A decision is made on what loading gives, not on what was recorded.
    given((opened("Ada", 100), lossy))
        .when(|account: &Account| {
            assert_eq!(account.notes, [("a".to_owned(), 0)]);
            Ok::<_, ()>(Events::new())
        })
        .then_nothing();
}

#[test]
fn a_failure_points_at_the_users_line() {
    let places: [(fn(), &str); 6] = [
        (|| drop(given::<Account>(noted(""))), "given"),
        (|| drop(given_nothing().when(|a: &Account| a.deposit(1))), "when"),
        (|| drop(given_nothing().when_creating(|| Ok::<_, ()>(noted("")))), "when_creating"),
        (|| drop(refused().then(noted(""))), "then"),
        (|| drop(refused().then_nothing()), "then_nothing"),
        (|| refused().then_error(Refusal::MinimumDeposit { deposit: 0 }), "then_error"),
    ];
    for (misuse, what) in places {
        let place = place_of_panic(misuse);
        assert_eq!(place, file!(), "`{what}` panics at the user's line");
    }
}

fn refused() -> es_core::testing::Decided<Account, Refusal> {
    given(opened("Ada", 100)).when(|account: &Account| account.withdraw(101))
}

/// The message with which `test` fails.
fn failure(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("this must fail");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().expect("a panic with a text")).to_owned(),
    }
}

thread_local! {
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The file in which `misuse` panics.
fn place_of_panic(misuse: fn()) -> String {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            let file = panic.location().map(|place| place.file().to_owned());
            PLACE.set(file.unwrap_or_default());
            before(panic);
        }));
    });
    PLACE.take();
    failure(misuse);
    PLACE.take()
}
