import Testing
import COCO
