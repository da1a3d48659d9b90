//! `pellucid regress`: which rows it reads, and what is left of a search that is killed.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{pellucid, refusal, text};

/// A table of `y = 3 x² + z` with further rows as they are.
fn table(path: &Path, rows: std::ops::Range<i32>, more: &str) {
    let mut out = "x,z,y\n".to_owned();
    for i in rows {
        let (x, z) = (0.5 + 0.1 * f64::from(i), f64::from(i * 7 % 11));
        writeln!(out, "{x},{z},{}", 3.0 * x * x + z).unwrap();
    }
    std::fs::write(path, out + more).unwrap();
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn selected(front: &Path) -> String {
    let front = read(front);
    let laws = front.as_array().unwrap();
    let law = laws.iter().find(|law| law["selected"] == true).unwrap();
    law["expression"].as_str().unwrap().to_owned()
}

#[test]
fn rows_with_missing_numbers_are_refused_by_name_or_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let [one, out] = ["one.csv", "front.json"].map(|name| folder.path().join(name));
    table(&one, 0..30, "1.5,,7\nNA,2,3\n2,nan,5\n2,1,inf\n");
    let words = ["regress", text(&one), "--target", "y", "--rounds", "3"];
    let mut words = words.to_vec();
    words.extend(["--out", text(&out)]);
    let (code, said) = refusal(&words);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("`z`") && said.contains("row 30"), "{said}");
    assert!(!out.exists());
    words.extend(["--skip-bad-rows", "--json"]);
    let output = pellucid(&words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let bad = summary["bad_rows"].as_array().unwrap();
    let counted: Vec<(&str, u64)> = bad
        .iter()
        .map(|bad| (bad["kind"].as_str().unwrap(), bad["rows"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        counted,
        [
            ("no number in `z`", 1),
            ("no number in `x`", 1),
            ("`z` is not a number", 1),
            ("`y` is infinite", 1)
        ]
    );
    assert!(selected(&out).contains("3.0*x^2"), "{}", selected(&out));
}

#[test]
fn several_files_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    table(&folder.path().join("run1.csv"), 0..10, "");
    table(&folder.path().join("run2.csv"), 10..25, "");
    let out = folder.path().join("front.json");
    let pattern = folder.path().join("run*.csv");
    let words = ["regress", text(&pattern), "--target", "y", "--rounds", "3"];
    let mut words = words.to_vec();
    words.extend(["--out", text(&out)]);
    assert!(pellucid(&words).status.success());
    let together = std::fs::read(&out).unwrap();
    let whole = folder.path().join("whole.csv");
    table(&whole, 0..25, "");
    words[1] = text(&whole);
    assert!(pellucid(&words).status.success());
    assert_eq!(together, std::fs::read(&out).unwrap());
    let none = folder.path().join("jump*.csv");
    words[1] = text(&none);
    let (code, said) = refusal(&words);
    assert!(code == 2 && said.contains("no file matches"), "{said}");
}

#[test]
fn each_file_is_a_motion_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for (name, start) in [("a.csv", 1.0), ("b.csv", 2.0)] {
        let mut motion = "t,x,v\n".to_owned();
        for i in 0..80 {
            // Both begin at time 0; the second one lost three frames in a row.
            if start > 1.5 && (40..43).contains(&i) {
                continue;
            }
            let t = 0.05 * f64::from(i);
            let (x, v) = (start * (2.0 * t).cos(), -2.0 * start * (2.0 * t).sin());
            writeln!(motion, "{t},{x},{v}").unwrap();
        }
        std::fs::write(folder.path().join(name), motion).unwrap();
    }
    let out = folder.path().join("invariants.json");
    let words = [
        "regress",
        text(folder.path()),
        "--invariant",
        "--time",
        "t",
        "--out",
        text(&out),
    ];
    let output = pellucid(&words);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let found = read(&out);
    let first = found[0]["expression"].as_str().unwrap();
    assert!(first.contains("x^2") && first.contains("v^2"), "{first}");
    assert!(found[0]["balance"].as_f64().unwrap() < 1e-4, "{found}");

    // x'' = -4 x from the positions alone, with what x' is beside them.
    let front = folder.path().join("front.json");
    let words = [
        "--target",
        "x",
        "--derivative=2",
        "--time",
        "t",
        "--features",
        "x",
        "--rounds",
        "2",
    ];
    let mut all = vec!["regress", text(folder.path()), "--out", text(&front)];
    all.extend(words);
    let output = pellucid(&all);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let law = selected(&front);
    assert!(law.contains('x') && !law.contains("x_dot"), "{law}");
    let slope: f64 = law.split('*').next().unwrap().parse().unwrap();
    // Second derivatives of local polynomials of fourth order.
    assert!((slope + 4.0).abs() < 0.01, "{law}");
}

#[test]
fn a_template_may_leave_constants_open_alone() {
    let folder = tempfile::tempdir().unwrap();
    let [one, out] = ["decay.csv", "front.json"].map(|name| folder.path().join(name));
    let mut rows = "t,kind,y\n".to_owned();
    for i in 0..40 {
        let (t, kind) = (0.1 * f64::from(i), i % 2);
        let y = [2.0, 5.0][usize::try_from(kind).unwrap()] * (-1.7 * t).exp() + 0.25;
        writeln!(rows, "{t},{kind},{y}").unwrap();
    }
    std::fs::write(&one, rows).unwrap();
    let template = "a[kind]*exp(b[]*t) + c[]";
    let words = [
        "--target",
        "y",
        "--template",
        template,
        "--json",
        "--out",
        text(&out),
    ];
    let mut all = vec!["regress", text(&one)];
    all.extend(words);
    let output = pellucid(&all);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let front = read(&out);
    let laws = front.as_array().unwrap();
    let law = laws.iter().find(|law| law["selected"] == true).unwrap();
    let near = |name: &str, value: f64| {
        let found = law["opened"][name].as_f64().unwrap();
        assert!((found - value).abs() < 1e-6, "{name}: {law}");
    };
    near("a[kind = 0]", 2.0);
    near("a[kind = 1]", 5.0);
    near("b[]", -1.7);
    near("c[]", 0.25);
}

/// A search that does not end by itself: noise has no law.
fn endless(folder: &Path) -> (String, String) {
    let [one, out] = ["noise.csv", "front.json"].map(|name| folder.join(name));
    let mut rows = "a,b,y\n".to_owned();
    for i in 0..200_u32 {
        // A hash: remainders of polynomials of the row's number would be laws.
        let draw = |k: u32| {
            let mut h = i.wrapping_mul(0x9E37_79B9) ^ k.wrapping_mul(0x85EB_CA6B);
            for factor in [0x85EB_CA6B_u32, 0xC2B2_AE35] {
                h = (h ^ (h >> 15)).wrapping_mul(factor);
            }
            f64::from(h ^ (h >> 16)) / f64::from(u32::MAX)
        };
        writeln!(rows, "{},{},{}", draw(1), draw(2), draw(3)).unwrap();
    }
    std::fs::write(&one, rows).unwrap();
    (text(&one).to_owned(), text(&out).to_owned())
}

/// Sends a signal to such a search once its front is there; its exit code.
fn stopped(folder: &Path, signal: &str) -> Option<i32> {
    let (one, out) = endless(folder);
    let mut command = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args([
            "regress",
            &one,
            "--target",
            "y",
            "--seconds",
            "600",
            "--out",
            &out,
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !Path::new(&out).exists() {
        assert!(begun.elapsed() < Duration::from_mins(5), "nothing is kept");
        assert!(command.try_wait().unwrap().is_none(), "it ended");
        sleep(Duration::from_millis(20));
    }
    let id = command.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status();
    assert!(sent.unwrap().success());
    command.wait().unwrap().code()
}

#[test]
fn a_search_that_is_killed_leaves_a_front_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stopped(folder.path(), "-KILL"), None);
    let out = folder.path().join("front.json");
    let law = selected(&out);
    assert!(!law.is_empty());
    let (one, front) = endless(folder.path());
    let words = [
        "--target",
        "y",
        "--seconds",
        "600",
        "--resume",
        "--rounds",
        "1",
        "--json",
    ];
    let mut all = vec!["regress", &one, "--out", &front];
    all.extend(words);
    let output = pellucid(&all);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    // It has done more rounds than the one asked for: those before it was killed.
    assert!(summary["rounds"].as_u64().unwrap() >= 1, "{summary}");
}

#[test]
fn a_batch_system_that_ends_a_search_is_obeyed_as_ctrl_c_is() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stopped(folder.path(), "-TERM"), Some(130));
    let front = read(&folder.path().join("front.json"));
    // Laws were tried on rows held out: this is the front of the end.
    assert!(front[1]["held_out"].is_number(), "{front}");
}
