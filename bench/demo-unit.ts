/** The test unit published with the OpenPAYGO HDK. Its key is public: never sell a product with it. */
export const DEMO = {
  serial: "123456789",
  key: "a29ab82edc5fbbc41ec9530f6dac86b1",
  startingCode: 123456789,
  count: 1,
  timeDivider: 1,
  restricted: false,
};
