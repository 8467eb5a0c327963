import Testing
import Benchmarking
