//! The page in a real browser, and what it must not ask of one.

mod browser;
#[path = "../../examples/gallery.rs"]
#[allow(dead_code, missing_docs)]
mod gallery;
mod webdriver;

#[test]
fn the_page_loads_nothing_from_a_network() {
    let html = gallery::page();
    // Whatever loads by itself: sources, stylesheets, imports, fonts. Links
    // that a reader follows (`<a href>`) are no loads.
    for load in [
        "src=", "@import", "url(http", "url(//", "<iframe", "<object", "<embed", "srcset", "fetch(",
    ] {
        assert!(!html.contains(load), "{load}");
    }
    for link in html.split("<link ").skip(1) {
        assert!(
            link.starts_with("rel=\"icon\" href=\"data:"),
            "{}",
            &link[..60]
        );
    }
    for (at, _) in html.match_indices("http") {
        let (before, after) = (
            &html[at.saturating_sub(9)..at],
            &html[at..(at + 30).min(html.len())],
        );
        let allowed = before.ends_with("<a href=\"")
            || before.ends_with("xmlns=%22")
            || after.starts_with("http-equiv");
        assert!(allowed, "{before}{after}");
    }
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn the_page_stays_below_two_megabytes() {
    let bytes = gallery::page().len();
    assert!(bytes < 2_000_000, "{bytes}");
}

#[test]
fn every_reference_within_the_page_has_its_target_and_no_id_is_twice() {
    let html = gallery::page();
    let attribute = |name: &str| -> Vec<String> {
        let start = format!(" {name}=\"");
        let values = html
            .split(&start)
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        values.map(str::to_owned).collect()
    };
    let mut ids = attribute("id");
    ids.sort();
    let twice: Vec<&String> = ids
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| &pair[0])
        .collect();
    assert!(twice.is_empty(), "these ids are there twice: {twice:?}");
    let mut wanted = Vec::new();
    for name in ["for", "aria-controls", "aria-labelledby", "data-copy"] {
        wanted.extend(
            attribute(name)
                .iter()
                .flat_map(|v| v.split(' ').map(str::to_owned).collect::<Vec<_>>()),
        );
    }
    wanted.extend(
        attribute("href")
            .iter()
            .filter_map(|href| href.strip_prefix('#').map(str::to_owned)),
    );
    for target in wanted {
        assert!(
            ids.binary_search(&target).is_ok(),
            "nothing has the id `{target}`"
        );
    }
}

#[test]
fn the_same_numbers_make_the_same_page() {
    assert!(gallery::page() == gallery::page());
}
