import Testing
import Pretraining
