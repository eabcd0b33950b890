//! What a monitoring system is told, by a real recorder: the exporter of Prometheus.

mod files;
mod numbers;
