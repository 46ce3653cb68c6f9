//! Two aggregates, of 10 and of 200 handlers, each with the `match` that a person would write instead.

/// An aggregate with `#[aggregate]`, and a loop that does the same to the same methods.
macro_rules! subject {
    ($name:ident = $label:literal: $($event:ident)+) => {
        pub(super) mod $name {
            use anyhow::{Result, bail, ensure};
            use es_core::SchemaVersion;
            use es_core::prelude::*;

            use crate::dispatch::Subject;

            pub(in crate::dispatch) const LABEL: &str = $label;

            $(
                #[derive(Serialize, Deserialize, Event)]
                struct $event {
                    owner: Uuid,
                    name: String,
                    amount: i64,
                    note: Option<String>,
                }
            )+

            #[derive(Default)]
            struct State {
                owner: Uuid,
                name: String,
                amount: i64,
                notes: usize,
            }

            #[aggregate(name = $label, id = Uuid)]
            #[allow(non_snake_case, reason = "one name for an event and its handler")]
            impl State {
                $(
                    #[handles($event)]
                    fn $event(&mut self, event: &$event) {
                        self.owner = event.owner;
                        self.name.clone_from(&event.name);
                        self.amount += event.amount;
                        self.notes += usize::from(event.note.is_some());
                    }
                )+
            }

            pub(in crate::dispatch) fn subject() -> Subject {
                let events = vec![$($event::NAME),+];
                Subject { label: LABEL, events, library, by_match }
            }

            fn library(stream: &StreamId, events: &[StoredEvent]) -> Result<i64> {
                Ok(Root::<State>::replay(stream.id(), events)?.state().amount)
            }

            /// Checks what the library checks: the stream, the version and the schema's version of each event.
            fn by_match(stream: &StreamId, events: &[StoredEvent]) -> Result<i64> {
                let (mut state, mut version) = (State::default(), Version::START);
                for stored in events {
                    let next = version.checked_add(1);
                    ensure!(stored.stream == *stream, "another stream");
                    ensure!(Some(stored.version) == next, "a hole");
                    ensure!(stored.schema_version == SchemaVersion::FIRST, "another schema");
                    let json = stored.payload.as_str();
                    match stored.name.as_str() {
                        $($event::NAME => state.$event(&serde_json::from_str(json)?),)+
                        unknown => bail!("unknown event {unknown}"),
                    }
                    version = stored.version;
                }
                Ok(state.amount)
            }
        }
    };
}

subject! {
    ten = "10 handlers":
    AccountOpened AccountRenamed AccountDeposited AccountWithdrawn AccountCharged AccountFrozen
    AccountThawed AccountLimitRaised AccountOwnerChanged AccountClosed
}

subject! {
    two_hundred = "200 handlers":
    AccountOpened AccountRenamed AccountDeposited AccountWithdrawn AccountCharged AccountFrozen
    AccountThawed AccountLimitRaised AccountOwnerChanged AccountClosed BasketStarted BasketItemAdded
    BasketItemRemoved BasketQuantityChanged BasketCouponApplied BasketCouponDropped BasketSaved
    BasketRestored BasketCheckedOut BasketAbandoned BookingRequested BookingConfirmed BookingMoved
    BookingGuestAdded BookingGuestRemoved BookingUpgraded BookingDepositPaid BookingCheckedIn
    BookingCheckedOut BookingCancelled CampaignDrafted CampaignApproved CampaignScheduled
    CampaignLaunched CampaignPaused CampaignResumed CampaignBudgetRaised CampaignBudgetCut
    CampaignAudienceChanged CampaignFinished ContractOffered ContractAmended ContractSigned
    ContractCountersigned ContractExtended ContractClauseAdded ContractClauseStruck ContractBreached
    ContractSettled ContractTerminated CourseAnnounced CourseOpened CourseStudentEnrolled
    CourseStudentLeft CourseLessonAdded CourseLessonMoved CourseTeacherChanged CourseGraded
    CourseRepeated CourseArchived CustomerRegistered CustomerRenamed CustomerMoved
    CustomerEmailChanged CustomerPhoneChanged CustomerVerified CustomerSuspended CustomerReinstated
    CustomerTagged CustomerErased DeliveryPlanned DeliveryPacked DeliveryLabelled DeliveryPickedUp
    DeliveryScanned DeliveryDelayed DeliveryRerouted DeliveryAttempted DeliveryDelivered
    DeliveryReturned EmployeeHired EmployeePromoted EmployeeTransferred EmployeeSalaryChanged
    EmployeeLeaveTaken EmployeeLeaveCancelled EmployeeReviewed EmployeeTrained EmployeeWarned
    EmployeeDismissed InvoiceIssued InvoiceLineAdded InvoiceLineRemoved InvoiceDiscounted
    InvoiceSent InvoiceReminded InvoicePartlyPaid InvoicePaid InvoiceDisputed InvoiceWrittenOff
    MachineInstalled MachineStarted MachineStopped MachineCalibrated MachineServiced
    MachinePartReplaced MachineFaultFound MachineFaultCleared MachineMoved MachineScrapped
    OrderPlaced OrderLineAdded OrderLineRemoved OrderAddressChanged OrderApproved OrderPaid
    OrderPacked OrderShipped OrderRefunded OrderCancelled ParcelRegistered ParcelWeighed
    ParcelStamped ParcelAccepted ParcelSorted ParcelForwarded ParcelHeld ParcelReleased
    ParcelHandedOver ParcelLost PatientAdmitted PatientExamined PatientDiagnosed PatientPrescribed
    PatientWardChanged PatientAllergyNoted PatientOperated PatientVisited PatientRecovered
    PatientDischarged ProductListed ProductDescribed ProductPriceRaised ProductPriceCut
    ProductPhotographed ProductCategorised ProductStocked ProductSoldOut ProductRecalled
    ProductWithdrawn ProjectProposed ProjectFunded ProjectStaffed ProjectMilestoneSet
    ProjectMilestoneMet ProjectRiskNoted ProjectRiskClosed ProjectPaused ProjectResumed
    ProjectCompleted SubscriptionBegun SubscriptionRenewed SubscriptionPlanRaised
    SubscriptionPlanLowered SubscriptionCardChanged SubscriptionCharged SubscriptionChargeFailed
    SubscriptionPaused SubscriptionResumed SubscriptionEnded TicketReported TicketAssigned
    TicketPrioritised TicketCommented TicketLinked TicketReopened TicketEscalated TicketResolved
    TicketMerged TicketClosed VehicleBought VehicleFuelled VehicleDriven VehicleInspected
    VehicleInsured VehicleDamaged VehicleRepaired VehicleDriverChanged VehicleLeased VehicleSold
    WarehouseBuilt WarehouseShelfAdded WarehouseShelfRemoved WarehouseGoodsReceived
    WarehouseGoodsIssued WarehouseCounted WarehouseCorrected WarehouseInspected WarehouseExpanded
    WarehouseClosed
}
