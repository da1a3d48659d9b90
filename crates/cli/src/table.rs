//! Tables on a terminal.

/// Rows under a head, columns as wide as they have to be; numbers to the right.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        widths
            .chain([head[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let number = |cell: &str| {
        cell == "-"
            || cell.starts_with(|c: char| c.is_ascii_digit() || c == '-')
                && cell
                    .chars()
                    .all(|c| c.is_ascii_digit() || "eE.+-".contains(c))
    };
    let numbers: Vec<bool> = (0..head.len())
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .all(|cell| number(cell))
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells: Vec<String> = cells
            .enumerate()
            .map(|(column, cell)| {
                let space = " ".repeat(widths[column] - cell.chars().count());
                if numbers[column] && number(cell) {
                    format!("{space}{cell}")
                } else {
                    format!("{cell}{space}")
                }
            })
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let mut text = line(&mut head.iter().copied());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// Prints a text; a reader who has seen enough (`| head`) is no error.
pub fn show(text: &str) -> std::io::Result<()> {
    match std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_numbers_stand_to_the_right() {
        let rows = [["a", "1"], ["bcd", "12"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            table(&["name", "n"], &rows),
            "name  n\na      1\nbcd   12\n"
        );
    }
}
