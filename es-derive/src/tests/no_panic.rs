//! Whatever is written at a macro, it answers with tokens. A macro that panics points at nothing.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use quote::quote;

use super::MACROS;

/// Words that mean something to the macros or to Rust.
const WORDS: &[&str] = &[
    "event",
    "name",
    "version",
    "aggregate",
    "aggregate_id",
    "category",
    "upcast",
    "from",
    "with",
    "via",
    "aliases",
    "oldest",
    "id",
    "projection",
    "of",
    "ignores",
    "read_models",
    "reset",
    "unknown",
    "read_model",
    "table",
    "column",
    "json",
    "handles",
    "snapshot",
    "every",
    "serde",
    "rename",
    "flatten",
    "skip",
    "cfg",
    "derive",
    "doc",
    "impl",
    "struct",
    "enum",
    "union",
    "fn",
    "async",
    "unsafe",
    "const",
    "pub",
    "mut",
    "self",
    "Self",
    "where",
    "for",
    "dyn",
    "crate",
    "type",
    "Opened",
    "Account",
    "Uuid",
    "T",
    "EventContext",
    "u32",
    "true",
    "__used",
    "_",
];

const PUNCTUATION: &[char] =
    &['=', ',', ';', ':', '<', '>', '&', '#', '!', '-', '+', '.', '\'', '?', '|', '*'];

/// Uses that are nearly or entirely right: options and items.
const USES: &[(&str, &str)] = &[
    ("", "#[event(name = \"opened\", version = 2)] struct Opened<'a, T: Copy> { owner: &'a T }"),
    (
        "",
        "#[read_model(table = \"rows\")] #[serde(rename_all = \"x\", tag)] struct Row { #[read_model(id)] id: Uuid, r#type: Option<u8>, #[read_model(json, column = \"all\")] tags: Vec<u8>, #[read_model(skip)] #[serde(skip)] kept: () }",
    ),
    (
        "",
        "#[aggregate_id(category = \"account\", crate = crate::es)] pub struct AccountId { r#id: Uuid }",
    ),
    (
        "",
        "#[event(crate = ::es, version = 3, aliases(\"a\", \"b\"), oldest = 1)] #[upcast(from = 2, with = a::b)] #[upcast(from = 1, via = Old<A, B>)] struct Opened(Uuid);",
    ),
    (
        "",
        "#[derive(AggregateId)] enum Id<'a, const N: usize> where Self: Copy { A(Uuid), B { id: &'a Uuid } }",
    ),
    (
        "name = \"account\", id = Id<A, B>, crate = self::es, ignores(Renamed, archive::Closed<A, B>,)",
        "impl Account { #[handles(Opened)] fn opened(&mut self, _: &Opened) {} }",
    ),
    (
        "name = \"account\", id = Id<A, B>, ignores(a::Closed, Noted<A>), unknown = \"ignore\"",
        "impl<T> Account<T> where T: Copy { #[handles(a::Opened)] #[cfg(any())] fn opened(e: &a::Opened, cx: &EventContext<'_>) -> Self {} \
         #[es_core::handles(Closed)] pub fn closed(self: &mut Self, Closed(_): &Closed) {} const N: u8 = 1; }",
    ),
    (
        "name = \"accounts\", version = 3, of(Account, a::Loan), ignores(Noted), read_models(Row, a::Row<A, B>)",
        "impl Accounts { #[handles(Opened)] async fn opened(&mut self, e: &Opened, cx: &mut ReadModels<'_>) -> Result<(), E> {} \
         #[reset] async fn empty(&mut self, cx: &mut PgReset<'_>) -> Result<(), E> {} }",
    ),
    (
        "id = Uuid, snapshot(every = 100)",
        "impl Account { #[handles(Opened)] fn opened(&mut self, _: &Opened) {} }",
    ),
    (
        "",
        "#[snapshot(version = 2, crate = a::b)] #[serde(x)] enum State<'a> { A { #[serde(skip)] r#type: Vec<(Self, [B; 3])> } = 1, C(fn(u8) -> &'a D, Box<dyn E<F = G>>), H }",
    ),
    ("", "#[aggregate_id(crate = a::<B>::c)] struct Id(Uuid);"),
    ("", "#[aggregate_id(crate = a::<>::c)] struct Id(Uuid);"),
    ("Opened", "fn opened(event: &Opened) {}"),
];

fn leaf() -> impl Strategy<Value = TokenTree> {
    prop_oneof![
        4 => select(WORDS).prop_map(|word| Ident::new(word, Span::call_site()).into()),
        1 => Just(Ident::new_raw("type", Span::call_site()).into()),
        4 => (select(PUNCTUATION), any::<bool>()).prop_map(|(mark, joint)| {
            Punct::new(mark, if joint { Spacing::Joint } else { Spacing::Alone }).into()
        }),
        1 => any::<String>().prop_map(|text| Literal::string(&text).into()),
        1 => any::<u64>().prop_map(|number| Literal::u64_unsuffixed(number).into()),
        1 => any::<i32>().prop_map(|number| Literal::i32_suffixed(number.saturating_abs()).into()),
        1 => Just(Literal::byte_string(b"bytes").into()),
    ]
}

fn tree() -> impl Strategy<Value = TokenTree> {
    let delimiters =
        [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None];
    leaf().prop_recursive(4, 64, 8, move |inner| {
        (select(delimiters.to_vec()), prop::collection::vec(inner, 0..8)).prop_map(
            |(delimiter, trees)| Group::new(delimiter, trees.into_iter().collect()).into(),
        )
    })
}

fn stream() -> impl Strategy<Value = TokenStream> {
    prop::collection::vec(tree(), 0..24).prop_map(|trees| trees.into_iter().collect())
}

/// One small change somewhere in a stream.
#[derive(Debug, Clone)]
enum Edit {
    Remove(Index),
    Double(Index),
    Insert(Index, TokenTree),
    Replace(Index, TokenTree),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<Index>().prop_map(Edit::Remove),
        any::<Index>().prop_map(Edit::Double),
        (any::<Index>(), tree()).prop_map(|(at, tree)| Edit::Insert(at, tree)),
        (any::<Index>(), tree()).prop_map(|(at, tree)| Edit::Replace(at, tree)),
    ]
}

/// Applies the edit to the tokens, counted through all groups.
fn apply(tokens: TokenStream, edit: &Edit) -> TokenStream {
    let total = count(tokens.clone());
    if total == 0 {
        return tokens;
    }
    let (Edit::Remove(at) | Edit::Double(at) | Edit::Insert(at, _) | Edit::Replace(at, _)) = edit;
    let mut at = at.index(total);
    walk(tokens, &mut at, edit)
}

fn count(tokens: TokenStream) -> usize {
    let each = tokens.into_iter().map(|tree| match tree {
        TokenTree::Group(group) => 1 + count(group.stream()),
        _ => 1,
    });
    each.sum()
}

fn walk(tokens: TokenStream, at: &mut usize, edit: &Edit) -> TokenStream {
    let mut output = Vec::new();
    for tree in tokens {
        let here = *at == 0;
        *at = at.wrapping_sub(1);
        match (here, edit) {
            (true, Edit::Remove(_)) => {}
            (true, Edit::Double(_)) => output.extend([tree.clone(), tree]),
            (true, Edit::Insert(_, new)) => output.extend([new.clone(), tree]),
            (true, Edit::Replace(_, new)) => output.push(new.clone()),
            (false, _) => output.push(match tree {
                TokenTree::Group(group) => {
                    Group::new(group.delimiter(), walk(group.stream(), at, edit)).into()
                }
                tree => tree,
            }),
        }
    }
    output.into_iter().collect()
}

/// Items in which everything is right but what the macros themselves parse.
fn with_hole(hole: &TokenStream) -> [TokenStream; 12] {
    [
        quote!(
            #[aggregate_id(#hole)]
            struct AccountId(Uuid);
        ),
        quote!(struct AccountId(#hole);),
        quote!(
            #[aggregate_id(crate = #hole)]
            #[event(crate = #hole)]
            #[read_model(table = "rows", crate = #hole)]
            struct Row {
                #[read_model(id)]
                id: Uuid,
            }
        ),
        quote!(
            #[event(version = 2, aliases(#hole))]
            #[upcast(from = 1, #hole)]
            struct Opened;
        ),
        quote!(
            #[event(#hole)]
            struct Opened;
        ),
        quote!(
            #[read_model(#hole)]
            #[serde(#hole)]
            struct Row {
                #[read_model(#hole)]
                id: Uuid,
            }
        ),
        quote!(
            #[snapshot(#hole)]
            #[serde(#hole)]
            enum State {
                A(#[serde(#hole)] Vec<u8>),
            }
        ),
        quote!(
            struct State {
                kept: (#hole),
            }
        ),
        quote!(impl Account { #[handles(#hole)] fn opened(&mut self, _: &Opened) {} }),
        quote!(impl Account { #[handles(Opened)] fn opened(&mut self, _: &Opened, #hole) {} }),
        quote!(impl Account { #[handles(Opened)] fn opened(event: &Opened) -> #hole {} }),
        quote!(impl Account { #[handles(Opened)] fn opened(&self, event: &Opened) {} #[reset #hole] fn empty(&self, #hole) {} }),
    ]
}

/// Options in which everything is right but one value.
fn options_with_hole(hole: &TokenStream) -> [TokenStream; 6] {
    [
        quote!(id = Uuid, crate = #hole),
        quote!(id = #hole),
        quote!(id = Uuid, snapshot(every = #hole)),
        quote!(id = Uuid, ignores(Closed, #hole)),
        quote!(of(Account, #hole), ignores(#hole)),
        quote!(read_models(Row, #hole)),
    ]
}

/// Runs every macro; says whether the derives, which give only items of ours, gave items.
fn run(options: &TokenStream, item: &TokenStream) -> Result<(), TestCaseError> {
    for (name, expand) in MACROS {
        let output = expand(options.clone(), item);
        if name.starts_with(char::is_uppercase) {
            prop_assert!(syn::parse2::<syn::File>(output.clone()).is_ok(), "{name}: {output}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn arbitrary_tokens(options in stream(), item in stream()) {
        run(&options, &item)?;
        for item in with_hole(&options) {
            run(&options, &item)?;
        }
        let block = quote!(impl Account { #[handles(Opened)] fn opened(&mut self, _: &Opened) {} });
        for options in options_with_hole(&options) {
            run(&options, &block)?;
        }
    }

    #[test]
    fn uses_with_mistakes(
        (options, item) in select(USES),
        edits in prop::collection::vec((any::<bool>(), edit()), 0..6),
    ) {
        let tokens = |text: &str| text.parse::<TokenStream>().expect("tokens");
        let (mut options, mut item) = (tokens(options), tokens(item));
        for (on_item, edit) in &edits {
            let target = if *on_item { &mut item } else { &mut options };
            *target = apply(std::mem::take(target), edit);
        }
        run(&options, &item)?;
    }
}
