//! Training that is interrupted, and training that goes on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use pellucid_core::Job;
use pellucid_core::job::{Bar, Progress};

use super::tests::{convolutional, images, train, weights};
use super::*;

#[test]
fn a_resumed_training_continues_bit_for_bit() {
    let data = images(200);
    let whole = Training {
        epochs: 4,
        batch: 32,
        warm_up: 9,
        schedule: Schedule::Plateau {
            factor: 0.5,
            patience: 0,
        },
        optimiser: Optimiser::default(),
        ..Training::default()
    };
    let at_once = train(&data, &convolutional(), &whole, &Job::silent());
    let folder = tempfile::tempdir().unwrap();
    let kept = Training {
        checkpoint: Some(folder.path().join("state")),
        resume: true,
        ..whole
    };
    let half = Training {
        epochs: 2,
        ..kept.clone()
    };
    let first = train(&data, &convolutional(), &half, &Job::silent());
    assert_eq!(first.history.epochs.len(), 2);
    let second = train(&data, &convolutional(), &kept, &Job::silent());
    assert_eq!(second.history, at_once.history);
    assert_eq!(second.weights, at_once.weights);
    assert!(folder.path().join("state/checkpoint.json").exists());
    let parts = std::fs::read_dir(folder.path().join("state"))
        .unwrap()
        .count();
    assert_eq!(parts, 2, "files beside their places were left behind");
}

#[test]
fn a_checkpoint_of_other_settings_is_refused_by_name() {
    let data = images(64);
    let folder = tempfile::tempdir().unwrap();
    let settings = Training {
        epochs: 1,
        checkpoint: Some(folder.path().to_owned()),
        resume: true,
        ..Training::default()
    };
    train(&data, &convolutional(), &settings, &Job::silent());
    let mut graph = convolutional().build(&[1, 4, 4], 1, 7).unwrap();
    let rows: Vec<usize> = (0..64).collect();
    let split = Split {
        train: &rows[..48],
        valid: &rows[48..],
    };
    let other = Training {
        learning_rate: 0.5,
        ..settings
    };
    let error = fit(&mut graph, &data, split, &other, &Job::silent())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("learning_rate = 0.001") && error.contains("say 0.5"),
        "{error}"
    );
}

/// Interrupts its job after a number of notes.
struct Interrupter {
    left: AtomicUsize,
    job: OnceLock<Job>,
}

struct NoBar;

impl Bar for NoBar {
    fn advance(&self, _: u64) {}
}

impl Progress for Interrupter {
    fn start(&self, _: &str, _: u64) -> Box<dyn Bar> {
        Box::new(NoBar)
    }
    fn note(&self, _: &str) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.job.get().unwrap().interrupt();
        }
    }
}

fn interrupted_after(notes: usize) -> Job {
    let progress = Arc::new(Interrupter {
        left: notes.into(),
        job: OnceLock::new(),
    });
    let job = Job::new(progress.clone(), Arc::default());
    progress.job.set(job.clone()).unwrap();
    job
}

#[test]
fn an_interrupted_training_keeps_what_is_finished() {
    let data = images(200);
    let settings = Training {
        epochs: 50,
        batch: 32,
        ..Training::default()
    };
    let stopped = train(&data, &convolutional(), &settings, &interrupted_after(3));
    assert!(stopped.history.interrupted);
    assert_eq!(stopped.history.epochs.len(), 3);
    let three = Training {
        epochs: 3,
        ..settings.clone()
    };
    let finished = train(&data, &convolutional(), &three, &Job::silent());
    assert_eq!(stopped.weights, finished.weights);

    let job = Job::silent();
    job.interrupt();
    let never = train(&data, &convolutional(), &settings, &job);
    assert!(never.history.interrupted && never.history.best.is_none());
    let untouched = convolutional().build(&[1, 4, 4], 1, 7).unwrap();
    assert_eq!(never.weights, weights(&untouched));
}
