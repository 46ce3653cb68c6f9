//! x
mod domain;
mod generate;
fn main() -> anyhow::Result<()> {
    let dir = std::path::Path::new(generate::WORKSPACE).join("target/macro-cost");
    for e in [generate::Extent::Events, generate::Extent::Aggregates, generate::Extent::Everything] {
    for author in generate::Author::BOTH {
        let s = generate::Source::new(author, e)?;
        println!("{} {}", s.save(&dir)?.display(), s.lines());
    }}
    Ok(())
}
