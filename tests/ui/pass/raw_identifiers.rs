//! Raw identifiers, whose names are stored without their `r#`.

#![deny(warnings)]
#![allow(non_camel_case_types)]

use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct r#match {
    r#type: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, AggregateId)]
#[aggregate_id(category = "struct")]
struct r#enum {
    r#in: Uuid,
}

#[derive(Default)]
struct r#struct {
    r#type: String,
}

#[aggregate(id = r#enum)]
impl r#struct {
    #[handles(r#match)]
    fn r#fn(&mut self, r#event: &r#match) {
        self.r#type.clone_from(&r#event.r#type);
    }
}

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "rows")]
struct Row {
    #[read_model(id)]
    r#type: String,
}

struct r#mod;

#[projection(read_models(self::Row))]
impl r#mod {
    #[handles(r#match)]
    async fn r#loop(&self, r#event: &r#match, r#in: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        r#in.rows::<Row>().save(Row { r#type: r#event.r#type.clone() }).await
    }
}

fn main() {
    assert_eq!(r#match::NAME, "match");
    assert_eq!(r#struct::NAME, "struct");
    assert_eq!(<r#mod as Projection>::NAME, "mod");
    assert_eq!((Row::TABLE.key, Row::TABLE.columns[0].name), ("type", "type"));
    assert_eq!(r#enum::from_name("DE12"), r#struct::id_from_name("DE12"));
    assert!(r#struct::initial().is_some());
}
