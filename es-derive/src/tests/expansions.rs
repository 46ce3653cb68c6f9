//! What the macros write, formatted, in `snapshots/`: it documents the output and makes growth visible. After a change
//! that is meant to change it, `INSTA_UPDATE=always cargo test -p es-derive` writes the files anew.

use proc_macro2::TokenStream;

use super::MACROS;

fn expand(name: &str, options: &str, item: &str) -> String {
    let (_, expand) = MACROS.iter().find(|(known, _)| *known == name).expect("one of the macros");
    let tokens = |text: &str| text.parse::<TokenStream>().expect("tokens");
    let output = expand(tokens(options), &tokens(item));
    prettyplease::unparse(&syn::parse2(output).expect("the output is a list of items"))
}

macro_rules! expansions {
    ($($test:ident: $name:ident($($options:literal)?) $item:literal;)+) => {$(
        #[test]
        fn $test() {
            let options = concat!($($options)?);
            let mut settings = insta::Settings::clone_current();
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            let output = expand(stringify!($name), options, $item);
            settings.bind(|| insta::assert_snapshot!(stringify!($test), output));
        }
    )+};
}

expansions! {
    event: Event() "struct Opened { owner: String }";

    event_with_options: Event() r#"
        #[event(name = "account-opened", version = 3, oldest = 3)]
        struct Opened(String);
    "#;

    event_with_a_past: Event() r#"
        #[event(name = "opened", aliases("started"), version = 3, crate = facade::es)]
        #[upcast(from = 2, via = old::OpenedV2)]
        #[upcast(from = 1, with = add_owner)]
        struct Opened { owner: String }
    "#;

    event_after_an_error: Event() r#"#[event(name = "")] struct Wrapped<T>(T);"#;

    aggregate_id: AggregateId() r#"#[aggregate_id(category = "account")] pub struct AccountId(Uuid);"#;

    aggregate_id_after_an_error: AggregateId() "struct AccountId { id: Uuid, kind: u8 }";

    aggregate: aggregate(r#"name = "account", id = AccountId"#) "
        impl Account {
            /// Begins it.
            #[handles(Opened)]
            fn opened(event: &Opened) -> Self {
                Self { owner: event.owner.clone(), limit: 0 }
            }

            #[handles(limits::Raised)]
            fn raised(&mut self, event: &limits::Raised, cx: &EventContext<'_>) {
                self.limit = event.limit;
            }

            fn raise(&self, limit: u32) -> limits::Raised {
                limits::Raised { limit }
            }
        }
    ";

    aggregate_that_is_default: aggregate("id = Uuid") "
        impl Counter {
            #[handles(Counted)]
            fn counted(&mut self, _: &Counted) {}
        }
    ";

    aggregate_with_conditions: aggregate("id = Uuid") r#"
        impl Account {
            #[cfg(feature = "old")]
            #[handles(Opened)]
            fn opened(_: &Opened) -> Self { Self }
        }
    "#;

    aggregate_that_ignores: aggregate(r#"id = Uuid, ignores(Audited), unknown = "ignore""#) "
        impl Counter {
            #[handles(Counted)]
            fn counted(&mut self, _: &Counted) {}
        }
    ";

    aggregate_after_an_error: aggregate(r#"name = "account""#) "
        impl Account {
            #[handles(Opened)]
            fn opened(&self, event: &Opened) {}
        }
    ";

    projection: projection(r#"name = "accounts", version = 2"#) "
        impl Accounts {
            #[handles(Opened)]
            async fn opened(&self, event: &Opened, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
                cx.rows::<Row>().save(row(event)).await
            }

            #[cfg(test)]
            #[handles(Closed)]
            fn closed(&mut self, _: &Closed) {}
        }
    ";

    projection_with_read_models: projection("read_models(Row, reports::Day)") "
        impl Accounts {
            #[handles(Opened)]
            fn opened(&self, _: &Opened) {}

            #[reset]
            async fn empty(&mut self, cx: &mut PgReset<'_>) -> Result<(), ProjectionError> {
                empty(cx).await
            }
        }
    ";

    projection_of_aggregates: projection("of(Account, Loan), ignores(Closed)") "
        impl Accounts {
            #[handles(Opened)]
            fn opened(&mut self, _: &Opened) {}
        }
    ";

    projection_after_an_error: projection("version = 0") "
        impl Accounts {
            #[handles(Opened)]
            fn opened(&self, event: &Opened) {}
        }
    ";

    read_model: ReadModel() r#"
        #[read_model(table = "accounts")]
        struct Row {
            #[read_model(id)]
            account: Uuid,
            owner: String,
            r#type: Option<i64>,
        }
    "#;

    read_model_with_options: ReadModel() r#"
        #[read_model(table = "accounts")]
        struct Row {
            #[read_model(id, column = "account_id")]
            account: Uuid,
            #[read_model(json, column = "all_tags")]
            tags: Vec<String>,
            #[read_model(skip)]
            #[serde(skip)]
            seen: bool,
        }
    "#;

    read_model_after_an_error: ReadModel() r#"
        #[read_model(table = "accounts")]
        struct Row { account: Uuid }
    "#;

    aggregate_with_snapshots: aggregate(r#"id = Uuid, snapshot(every = 50)"#) "
        impl Counter {
            #[handles(Counted)]
            fn counted(&mut self, _: &Counted) {}
        }
    ";

    snapshot: Snapshot() r#"
        #[derive(Serialize)]
        #[snapshot(version = 2)]
        #[serde(rename_all = "camelCase")]
        struct Account {
            r#type: Kind,
            #[serde(default)]
            limits: Vec<(Limit, Option<Self>)>,
            first_owner: crate::Owner,
        }
    "#;

    snapshot_of_an_enum: Snapshot() "enum Account { Open { owner: String }, Frozen(Reason, u8), Closed }";

    snapshot_after_an_error: Snapshot() "struct Account<T> { #[serde(skip)] owner: T }";

    handles_outside: handles("Opened") "fn opened(event: &Opened) {}";

    reset_outside: reset() "fn empty(&self) {}";
}
