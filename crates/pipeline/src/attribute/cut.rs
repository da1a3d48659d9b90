//! How the events of a file are cut: by target, since each target has a model
//! of its own, and into parts, each of which is kept once it is finished.
//!
//! The cut depends on sizes and targets alone, so that work which goes on makes
//! the same bits as work that was never interrupted.

use super::targets::Group;

/// Events that are explained together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The place of their target among the groups.
    pub group: usize,
    /// The part they belong to.
    pub part: usize,
    /// The rows of the inputs; none for all of them.
    pub rows: Option<Vec<usize>>,
}

/// The segments of so many events in parts of at most `size`, target by target.
pub fn cut(groups: &[Group], events: usize, size: usize) -> Vec<Segment> {
    if let [Group { rows: None, .. }] = groups
        && events <= size
    {
        return vec![Segment {
            group: 0,
            part: 0,
            rows: None,
        }];
    }
    let mut segments = Vec::new();
    let mut before = 0;
    for (group, Group { rows, .. }) in groups.iter().enumerate() {
        let mut rows: Vec<usize> = rows.clone().unwrap_or_else(|| (0..events).collect());
        while !rows.is_empty() {
            let room = size - before % size;
            let rest = rows.split_off(room.min(rows.len()));
            segments.push(Segment {
                group,
                part: before / size,
                rows: Some(rows.clone()),
            });
            before += rows.len();
            rows = rest;
        }
    }
    segments
}

/// The place of every event among those of the segments; none, if they are in
/// their order.
pub fn places(segments: &[Segment]) -> Option<Vec<usize>> {
    let rows = segments.iter().map(|segment| segment.rows.as_deref());
    let order: Vec<usize> = rows.collect::<Option<Vec<_>>>()?.concat();
    let mut places: Vec<usize> = (0..order.len()).collect();
    places.sort_by_key(|&place| order[place]);
    (!order.is_sorted()).then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(class: usize, rows: Option<&[usize]>) -> Group {
        Group {
            class: Some(class),
            rows: rows.map(<[usize]>::to_vec),
        }
    }

    fn shown(segments: &[Segment]) -> Vec<(usize, usize, Option<&[usize]>)> {
        let shown = |segment: &Segment| (segment.group, segment.part);
        let rows = segments.iter().map(|segment| segment.rows.as_deref());
        let pairs = segments.iter().map(shown).zip(rows);
        pairs
            .map(|((group, part), rows)| (group, part, rows))
            .collect()
    }

    #[test]
    fn few_events_of_one_target_stay_as_they_are() {
        let segments = cut(&[group(0, None)], 4, 4);
        assert_eq!(shown(&segments), [(0, 0, None)]);
        assert_eq!(places(&segments), None);
    }

    #[test]
    fn many_events_of_one_target_are_cut_into_parts() {
        let segments = cut(&[group(0, None)], 5, 2);
        let expected: [(usize, usize, Option<&[usize]>); 3] = [
            (0, 0, Some(&[0, 1])),
            (0, 1, Some(&[2, 3])),
            (0, 2, Some(&[4])),
        ];
        assert_eq!(shown(&segments), expected);
        assert_eq!(places(&segments), None);
    }

    #[test]
    fn parts_are_filled_across_targets_and_events_find_their_way_back() {
        let groups = [group(3, Some(&[1, 2, 4])), group(7, Some(&[0, 3]))];
        let segments = cut(&groups, 5, 2);
        let expected: [(usize, usize, Option<&[usize]>); 4] = [
            (0, 0, Some(&[1, 2])),
            (0, 1, Some(&[4])),
            (1, 1, Some(&[0])),
            (1, 2, Some(&[3])),
        ];
        assert_eq!(shown(&segments), expected);
        assert_eq!(places(&segments), Some(vec![3, 0, 1, 4, 2]));
    }
}
