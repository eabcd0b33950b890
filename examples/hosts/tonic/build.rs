//! Makes the client and the server of the service without a `.proto` file, which would need `protoc`.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let sign_up = Method::builder()
        .name("sign_up")
        .route_name("SignUp")
        .input_type("crate::NewUser")
        .output_type("crate::Welcome")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let accounts = Service::builder()
        .name("Accounts")
        .package("shop")
        .method(sign_up);
    Builder::new().compile(&[accounts.build()]);
}
