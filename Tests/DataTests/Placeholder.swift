import Testing
import Data
