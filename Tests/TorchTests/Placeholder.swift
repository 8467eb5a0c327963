import Testing
import Torch
