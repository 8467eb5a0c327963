// COCO
