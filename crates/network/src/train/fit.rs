//! The loop over epochs.

use pellucid_core::statistics::auc;
use pellucid_core::{Job, Tensor, random};

use super::batch::{Batch, Masks};
use super::checkpoint::{self, Kept, State};
use super::evaluate::predict;
use super::optimiser::{Memory, Step};
use super::{Dataset, Epoch, History, Loss, Purpose, Split, Training, seed_for};
use crate::error::NetworkError;
use crate::exec::Executor;
use crate::graph::{Data, Graph, Source, ValueId, show};
use crate::kernels::simd;
use crate::ops::Op;
use crate::transform::{TrainingGraph, gradient, training};

/// Trains the weights of `graph` and returns what happened.
///
/// The graph gets the weights of the best epoch (by [`Training::monitor`]; of
/// the last one without validation events). A final sigmoid or softmax is left
/// out of the loss, which takes the numbers before it. If the job is
/// interrupted, the best finished epoch is kept and
/// [`History::interrupted`] is set; before the first is finished, the graph
/// stays as it was.
///
/// With batch normalisation a last batch of a single event, which has no
/// variance, is left out.
pub fn fit(
    graph: &mut Graph,
    data: &Dataset,
    split: Split<'_>,
    settings: &Training,
    job: &Job,
) -> Result<History, NetworkError> {
    settings.check()?;
    let mut trainer = Trainer::new(graph, data, split, settings)?;
    let history = trainer.run(job)?;
    if history.best.is_some() {
        for (tensor, &(original, _)) in trainer.kept.iter().zip(&trainer.pairs) {
            graph.set_data(
                original,
                Tensor::new(tensor.shape.clone(), tensor.best.clone()),
            );
        }
    }
    Ok(history)
}

struct Trainer<'a> {
    data: &'a Dataset,
    split: Split<'a>,
    settings: &'a Training,
    /// The weight of every event, of mean 1 over the training events.
    shares: Vec<f32>,
    training: TrainingGraph,
    executor: Executor<f32>,
    /// The network as it is used, up to the number the loss takes.
    inference: Executor<f32>,
    outputs: usize,
    /// Weights, then stored moments: in the given graph and in the training graph.
    pairs: Vec<(ValueId, ValueId)>,
    /// The same tensors.
    kept: Vec<Kept>,
    masks: Masks,
    batches: Vec<Batch>,
    history: History,
    step: u64,
}

/// The value that the loss is a function of: before a final sigmoid or softmax.
fn before_score(graph: &Graph, loss: Loss) -> Result<ValueId, NetworkError> {
    let Some(&output) = graph.outputs().first() else {
        return Err(NetworkError::Settings {
            what: "network".to_owned(),
            problem: "it has no output".to_owned(),
        });
    };
    Ok(match graph.producer(output) {
        Some(node) if matches!(node.op, Op::Sigmoid(_)) && loss == Loss::BinaryCrossEntropy => {
            node.inputs[0]
        }
        Some(node) if matches!(node.op, Op::Softmax(_)) && loss == Loss::CrossEntropy => {
            node.inputs[0]
        }
        _ => output,
    })
}

impl<'a> Trainer<'a> {
    fn new(
        graph: &Graph,
        data: &'a Dataset,
        split: Split<'a>,
        settings: &'a Training,
    ) -> Result<Self, NetworkError> {
        if data.events().inputs() != graph.inputs().len() {
            let names: Vec<&str> = graph
                .inputs()
                .iter()
                .map(|&input| graph.value(input).name.as_str())
                .collect();
            return Err(NetworkError::Inputs {
                expected: names.len(),
                names: names.join(", "),
                found: data.events().inputs(),
            });
        }
        let prediction = before_score(graph, settings.loss)?;
        let mut inference = graph.clone();
        inference.set_outputs(vec![prediction]);
        let inference = Executor::new(&inference);

        let mut training = training(graph)?;
        let target = training.value(prediction);
        let loss = settings.loss.add(&mut training.graph, target)?.loss;
        let shape = training.graph.shape(target);
        let outputs = match shape.get(1) {
            None => Some(1),
            Some(side) => side.known(),
        };
        let outputs = outputs.ok_or_else(|| NetworkError::Output {
            output: graph.value(prediction).name.clone(),
            found: show(shape),
            expected: "a known number of outputs".to_owned(),
        })?;
        data.check(settings.loss, outputs, split)?;
        let shares = data.shares(&settings.class_weights, settings.loss, outputs, split.train)?;

        // What the loss does not depend on (a sigmoid's own weights, say) stays.
        let trainable = training.trainable.clone();
        let gradients = gradient(&mut training.graph, loss, &trainable, None)?;
        let mut results = vec![loss];
        results.extend(gradients);
        results.extend(training.moments.iter().flat_map(|moments| moments.batch));
        training.graph.set_outputs(results);
        let executor = Executor::new(&training.graph);

        let stored = training.moments.iter().flat_map(|moments| moments.stored);
        let new: Vec<ValueId> = trainable.iter().copied().chain(stored).collect();
        let pairs = pairs(graph, &training, &new);
        let kept = pairs
            .iter()
            .map(|&(original, new)| {
                let now = executor.weight(new).to_vec();
                let memory = if trainable.contains(&new) {
                    settings.optimiser.memory(now.len())
                } else {
                    Memory::default()
                };
                Kept {
                    name: graph.value(original).name.clone(),
                    shape: graph
                        .data(original)
                        .map(Data::shape)
                        .unwrap_or_default()
                        .to_vec(),
                    best: now.clone(),
                    now,
                    memory,
                }
            })
            .collect();
        let masks = Masks::new(&training.masks, settings.seed);
        Ok(Self {
            data,
            split,
            settings,
            shares,
            training,
            executor,
            inference,
            outputs,
            pairs,
            kept,
            masks,
            batches: Vec::new(),
            history: History::default(),
            step: 0,
        })
    }

    fn run(&mut self, job: &Job) -> Result<History, NetworkError> {
        self.resume()?;
        let done = self.history.epochs.len();
        let per_epoch = self.split.train.len().div_ceil(self.settings.batch);
        let left = self.settings.epochs.saturating_sub(done);
        let bar = job.start("training", (left * per_epoch) as u64);
        for number in done..self.settings.epochs {
            if self.is_exhausted() {
                self.history.stopped_early = true;
                break;
            }
            match self.epoch(number, job, &mut || bar.advance(1)) {
                Ok(()) => {}
                Err(NetworkError::Interrupted(_)) => {
                    self.history.interrupted = true;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(std::mem::take(&mut self.history))
    }

    fn is_exhausted(&self) -> bool {
        self.settings
            .early_stopping
            .is_some_and(|stopping| self.history.is_exhausted(stopping, self.settings.monitor))
    }

    fn resume(&mut self) -> Result<(), NetworkError> {
        let Some(folder) = self
            .settings
            .checkpoint
            .as_ref()
            .filter(|_| self.settings.resume)
        else {
            return Ok(());
        };
        let Some(state) = checkpoint::read(folder, &mut self.kept)? else {
            return Ok(());
        };
        state.fits(self.settings, self.events())?;
        self.step = state.step;
        self.history = History {
            interrupted: false,
            stopped_early: false,
            ..state.history
        };
        for (tensor, &(_, new)) in self.kept.iter().zip(&self.pairs) {
            self.executor.set_weight(new, &tensor.now);
        }
        Ok(())
    }

    fn events(&self) -> [usize; 2] {
        [self.split.train.len(), self.split.valid.len()]
    }

    fn epoch(
        &mut self,
        number: usize,
        job: &Job,
        advance: &mut dyn FnMut(),
    ) -> Result<(), NetworkError> {
        let seed = seed_for(self.settings.seed, Purpose::Order);
        let mut rows = random::permutation(
            self.split.train.len(),
            &mut random::stream(seed, number as u64),
        );
        for row in &mut rows {
            *row = self.split.train[*row];
        }
        let losses = self.history.losses();
        let (mut sum, mut seen, mut rate) = (0.0, 0, 0.0);
        for batch in rows.chunks(self.settings.batch) {
            job.check()?;
            if batch.len() > 1 || self.training.moments.is_empty() {
                rate = self.rate(&losses, seen as f64 / rows.len() as f64);
                let loss = self.step(batch, rate)?;
                sum += loss * batch.len() as f64;
                seen += batch.len();
            }
            advance();
        }
        let train_loss = sum / seen.max(1) as f64;
        if !train_loss.is_finite() {
            return Err(NetworkError::Settings {
                what: format!("training, epoch {}", number + 1),
                problem: format!(
                    "the loss is {train_loss}; lower the learning rate, clip the gradient, or look \
                     for infinite or huge inputs"
                ),
            });
        }
        for (tensor, &(_, new)) in self.kept.iter_mut().zip(&self.pairs) {
            tensor.now.copy_from_slice(self.executor.weight(new));
        }
        let (valid_loss, valid_auc) = self.validate(job)?;
        let epoch = Epoch {
            learning_rate: rate,
            train_loss,
            valid_loss,
            valid_auc,
        };
        if self.settings.notes {
            job.remark(&line(number, self.settings.epochs, &epoch));
        }
        if self.history.add(epoch, self.settings.monitor) {
            for tensor in &mut self.kept {
                tensor.best.copy_from_slice(&tensor.now);
            }
        }
        self.keep(number + 1)
    }

    fn rate(&self, losses: &[f64], share: f64) -> f64 {
        let settings = self.settings;
        let warm = match settings.warm_up {
            0 => 1.0,
            steps => ((self.step + 1) as f64 / steps as f64).min(1.0),
        };
        settings.learning_rate * warm * settings.schedule.factor(losses, share, settings.epochs)
    }

    /// One step; the loss before it.
    fn step(&mut self, rows: &[usize], rate: f64) -> Result<f64, NetworkError> {
        let fits = |batch: &Batch| batch.events == rows.len();
        let at = self.batches.iter().position(fits).unwrap_or_else(|| {
            self.batches.push(Batch::default());
            self.batches.len() - 1
        });
        self.masks.step = self.step;
        let batch = &mut self.batches[at];
        let graph = &self.training.graph;
        batch.fill(graph, self.data, &self.shares, rows, &self.masks)?;
        self.executor.run(&batch.tensors())?;
        self.step += 1;
        let loss = f64::from(self.executor.output(0).1[0]);

        let count = self.training.trainable.len();
        let clip = self.settings.clip_norm.map_or(1.0, |longest| {
            let squares: f64 = (1..=count).map(|i| square(self.executor.output(i).1)).sum();
            (longest / (squares.sqrt() + 1e-6)).min(1.0) as f32
        });
        let step = Step {
            rate,
            clip,
            number: self.step,
        };
        let optimiser = &self.settings.optimiser;
        for (i, &weight) in self.training.trainable.iter().enumerate() {
            let memory = &mut self.kept[i].memory;
            self.executor.update(weight, 1 + i, |weights, gradient| {
                optimiser.update(step, memory, weights, gradient);
            });
        }
        for (i, moments) in self.training.moments.iter().enumerate() {
            let keep = moments.keep as f32;
            for (j, &stored) in moments.stored.iter().enumerate() {
                self.executor
                    .update(stored, 1 + count + 2 * i + j, |stored, batch| {
                        for (stored, &batch) in stored.iter_mut().zip(batch) {
                            *stored = keep * *stored + (1.0 - keep) * batch;
                        }
                    });
            }
        }
        Ok(loss)
    }

    /// Loss and area under the curve of the validation events.
    fn validate(&mut self, job: &Job) -> Result<(Option<f64>, Option<f64>), NetworkError> {
        if self.split.valid.is_empty() {
            return Ok((None, None));
        }
        for (tensor, &(original, _)) in self.kept.iter().zip(&self.pairs) {
            self.inference.set_weight(original, &tensor.now);
        }
        let rows = self.split.valid;
        let batch = self.settings.batch.max(256);
        let predictions = predict(&mut self.inference, &self.data.events(), rows, batch, job)?;
        let loss = self.settings.loss;
        let width = loss.targets(self.outputs);
        let (mut sum, mut total) = (0.0, 0.0);
        for (prediction, &row) in predictions.chunks_exact(self.outputs).zip(rows) {
            let weight = f64::from(self.shares[row]);
            sum += weight * loss.of(prediction, self.data.target(row, width));
            total += weight;
        }
        let area = (loss == Loss::BinaryCrossEntropy).then(|| {
            let scores: Vec<f64> = predictions.iter().map(|&score| f64::from(score)).collect();
            let labels: Vec<bool> = rows
                .iter()
                .map(|&row| self.data.targets[row] > 0.5)
                .collect();
            let weights: Option<Vec<f64>> = (self.data.weights.is_some())
                .then(|| rows.iter().map(|&row| self.data.weight(row)).collect());
            auc(&scores, &labels, weights.as_deref())
        });
        // Weights may cancel; then there is no loss.
        let mean = Some(sum / total).filter(|_| total > 0.0);
        Ok((mean, area.filter(|area| area.is_finite())))
    }

    fn keep(&self, epoch: usize) -> Result<(), NetworkError> {
        let Some(folder) = &self.settings.checkpoint else {
            return Ok(());
        };
        let state = State {
            epoch,
            step: self.step,
            events: self.events(),
            settings: self.settings.clone(),
            history: self.history.clone(),
        };
        checkpoint::write(folder, &state, &self.kept)
    }
}

/// The values of `new` with what they are in the given graph.
fn pairs(graph: &Graph, training: &TrainingGraph, new: &[ValueId]) -> Vec<(ValueId, ValueId)> {
    let original = |new: ValueId| {
        graph
            .values()
            .filter(|(_, value)| matches!(value.source, Source::Parameter(_) | Source::Constant(_)))
            .map(|(id, _)| id)
            .find(|&id| training.value(id) == new)
    };
    new.iter()
        .filter_map(|&new| Some((original(new)?, new)))
        .collect()
}

/// The sum of squares, in an order that depends on the length alone.
fn square(numbers: &[f32]) -> f64 {
    numbers
        .chunks(4096)
        .map(|piece| {
            simd::simd(
                #[inline(always)]
                || {
                    let mut lanes = [0.0_f64; 8];
                    for block in piece.chunks(8) {
                        for (lane, &x) in lanes.iter_mut().zip(block) {
                            *lane += f64::from(x) * f64::from(x);
                        }
                    }
                    lanes.iter().sum::<f64>()
                },
            )
        })
        .sum()
}

fn line(number: usize, epochs: usize, epoch: &Epoch) -> String {
    let valid = epoch
        .valid_loss
        .map(|loss| format!(", validation {loss:.4}"));
    let area = epoch.valid_auc.map(|area| format!(", AUC {area:.4}"));
    format!(
        "epoch {}/{epochs}: loss {:.4}{}{}",
        number + 1,
        epoch.train_loss,
        valid.unwrap_or_default(),
        area.unwrap_or_default()
    )
}
