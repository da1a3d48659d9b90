//! The gallery in a headless browser; skipped where there is none.

use std::path::PathBuf;

use crate::gallery;
use crate::webdriver::{ARROW_RIGHT, Browser};

/// The gallery as a file, removed at the end.
struct Page(PathBuf);

impl Page {
    fn write(name: &str) -> Self {
        Self::of(name, &gallery::page())
    }

    fn of(name: &str, html: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("pellucid-{name}-{}.html", std::process::id()));
        std::fs::write(&path, html).unwrap();
        Self(path)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn choosing_an_event_by_click_and_by_key_shows_its_panel() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let page = Page::write("picker");
    browser.open(&page.0);
    let shown = || -> Vec<bool> {
        (1..=4)
            .map(|i| browser.shows(&format!("#choose-a-jet-{i}-panel")))
            .collect()
    };
    assert_eq!(shown(), [true, false, false, false]);

    browser.click("label[for=choose-a-jet-3]");
    assert_eq!(shown(), [false, false, true, false]);

    browser.keys("#choose-a-jet-3", ARROW_RIGHT);
    assert_eq!(shown(), [false, false, false, true]);
    assert_eq!(browser.run("return location.hash"), "#choose-a-jet-4");

    // A link into a panel opens it.
    browser.open_at(&page.0, "#event-1");
    browser.run("location.hash = '#event-1'");
    assert!(browser.shows("#event-1"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_picker_and_the_theme_work_without_a_script() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let html = gallery::page();
    let (before, rest) = html.split_once("<script>").unwrap();
    let (_, after) = rest.split_once("</script>").unwrap();
    let page = Page::of("plain", &format!("{before}{after}"));
    browser.open(&page.0);
    browser.click("label[for=choose-a-jet-2]");
    assert!(browser.shows("#choose-a-jet-2-panel") && !browser.shows("#choose-a-jet-1-panel"));
    browser.click("label[for=theme-dark]");
    let paper = browser.run("return getComputedStyle(document.body).backgroundColor");
    assert_eq!(paper, "rgb(16, 19, 23)");
    assert!(!browser.shows("button.copy"));
}

#[test]
fn the_theme_can_be_chosen_and_the_script_adds_its_buttons() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let page = Page::write("theme");
    browser.open(&page.0);
    let paper = || browser.run("return getComputedStyle(document.body).backgroundColor");
    browser.click("label[for=theme-light]");
    assert_eq!(paper(), "rgb(255, 255, 255)");
    browser.click("label[for=theme-dark]");
    assert_eq!(paper(), "rgb(16, 19, 23)");
    assert!(browser.shows("button.copy"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Texts of visible figures that leave their drawing or lie on one another by
/// more than three pixels, which is what the line height adds to the letters.
const BAD_TEXTS: &str = r#"
    const bad = [];
    let texts = 0;
    for (const svg of document.querySelectorAll("svg[role=img]")) {
        const frame = svg.getBoundingClientRect();
        if (frame.width === 0) continue;
        const boxes = [...svg.querySelectorAll("text")]
            .filter((text) => text.textContent.trim())
            .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
        texts += boxes.length;
        boxes.forEach(({ text, box }, i) => {
            if (box.left < frame.left - 2 || box.right > frame.right + 3
                || box.top < frame.top - 2 || box.bottom > frame.bottom + 2) {
                bad.push(`"${text}" leaves "${svg.querySelector("title").textContent}"`);
            }
            for (const other of boxes.slice(i + 1)) {
                const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
                const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
                if (wide > 1 && high > 3) bad.push(`"${text}" lies on "${other.text}"`);
            }
        });
    }
    return { bad, texts };
"#;

#[test]
fn nothing_is_wider_than_the_screen_and_no_labels_collide() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let page = Page::write("narrow");
    browser.open(&page.0);
    for width in [360, 390, 720, 1280] {
        browser.resize(width, 900);
        let wide = browser
            .run("return document.documentElement.scrollWidth")
            .as_u64()
            .unwrap();
        assert!(
            wide <= u64::from(width),
            "the page is {wide} pixels wide on a screen of {width}"
        );
        let found = browser.run(BAD_TEXTS);
        assert_eq!(found["bad"], serde_json::json!([]), "at {width} pixels");
        // Four charts and four maps have more than a hundred labels: the script did look.
        assert!(found["texts"].as_u64() > Some(100), "{found}");
    }
}
