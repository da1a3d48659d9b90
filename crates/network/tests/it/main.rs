//! ONNX files of other programs, see `fixtures/onnx/make.py`.

mod brought;
mod deep_lift;
mod deep_lift_paths;
mod fixture;
mod folded;
mod integers;
mod models;
mod mutation;
mod operators;
mod recurrent;
mod refused;
mod relevance;
mod round_trip;
mod sizes_of_the_run;
mod sklearn;
mod taggers;
mod without_particles;
